//! A login and a refresh, from beginning to end.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use remo_secret::Secret;
use remo_wire::names::SecretName;

use super::digest::{self, Present};
use super::expiry::Standing;
use super::home::Home;
use super::keep::Vault;
use super::prompt::Answers;
use super::recipe::{Recipe, fill};
use super::record::Record;
use super::settings::Settings;
use super::state;
use super::stop::Stop;
use super::take::{Taken, Taker};
use super::tool::{Output, Run, Tools};
use crate::cli::Locations;
use crate::commands;
use crate::failure::Failure;
use crate::output;
use crate::source::Reading;
use crate::store::Change;

/// Commands that only take something out of the tool's files.
const TAKE_LIMIT: Duration = Duration::from_mins(1);

/// How it ended.
#[derive(Debug)]
pub struct Done {
    /// What became of the secret.
    pub change: Change,
    expires_at: Option<Timestamp>,
    early: SignedDuration,
}

impl Done {
    /// Whether the credential expires, and when, seen from `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::at(now, self.expires_at, self.early)
    }
}

/// How a refresh ended.
#[derive(Debug)]
pub enum Refreshed {
    /// The credential is renewed.
    Done(Done),
    /// The secret was removed or set by other means since the login: nothing was done, for this reason.
    LeftAlone(Failure),
}

/// What was answered, secrets apart.
#[derive(Debug, Default)]
struct Answered {
    plain: BTreeMap<String, String>,
    secret: BTreeMap<String, Secret>,
}

/// Logs in by `recipe` and stores the credential as `name`.
pub fn log_in(
    recipe: &Recipe,
    name: &SecretName,
    locations: &Locations,
    settings: &Settings,
) -> Result<Done, Failure> {
    let vault = Vault::new(locations);
    vault.check()?;
    let stop = Stop::catch()?;
    let mut answers = Answers::open(&recipe.questions)?;
    let mut answered = Answered::default();
    ask(recipe, false, &mut answers, &mut answered, &stop)?;
    let home = furnished(recipe, settings, &answered.plain)?;
    let tools = tools(recipe, &home, &stop, &answered.plain)?;
    if let Some(login) = &recipe.login {
        let command: Vec<_> = login.command.iter().map(|it| fill(it, &answered.plain)).collect();
        let input = login.stdin.as_ref().and_then(|key| answered.secret.get(key));
        let output = shown(settings, io::stderr().is_terminal());
        tools.run(&Run {
            command: &command,
            input,
            output,
            limit: Duration::from_secs(login.timeout_seconds.into()),
        })?;
    }
    ask(recipe, true, &mut answers, &mut answered, &stop)?;
    let now = now();
    let taken = Taker {
        home: &home,
        tools: &tools,
        answers: &answered.plain,
        secrets: &answered.secret,
        limit: TAKE_LIMIT,
        printed: BTreeMap::new(),
    }
    .take(recipe, now)?;
    let record = remember(recipe, &home, &taken, answered.plain, now)?;
    let (change, record) = vault.keep_new(name, &taken.value, record)?;
    finish(home, change, &record)
}

/// Renews the login that `record` remembers, without asking anybody.
pub(super) fn refresh(
    recipe: &Recipe,
    name: &SecretName,
    record: &Record,
    locations: &Locations,
    settings: &Settings,
    stop: &Stop,
) -> Result<Refreshed, Failure> {
    let Some(refresh) = &recipe.refresh else {
        return Err(Failure::new(format!("the recipe {} knows no refresh", recipe.name))
            .hint(format!("log in again: {}", again(recipe, name))));
    };
    let vault = Vault::new(locations);
    // Looked at again when it is stored; here only so that no tool runs in vain.
    let stored = commands::stored(locations)?;
    if let Err(left_alone) = present(record, name, &stored) {
        return Ok(Refreshed::LeftAlone(left_alone));
    }
    let replaced = stored.secrets.get(name).map(|entry| digest::of(&entry.value));
    drop(stored);
    // A service may replace the refresh token at once: what cannot be kept must not be asked for.
    vault.check()?;
    let home = furnished(recipe, settings, &record.answers)?;
    state::restore(&home, &record.state)?;
    let tools = tools(recipe, &home, stop, &record.answers)?;
    let limit = Duration::from_secs(refresh.timeout_seconds.into());
    let failed =
        |failure: Failure| failure.hint(format!("try again, or log in again: {}", again(recipe, name)));
    if let Some(command) = &refresh.command {
        let command: Vec<_> = command.iter().map(|it| fill(it, &record.answers)).collect();
        // Started by a timer as a rule: what would be shown would be in a log.
        let output = shown(settings, false);
        tools.run(&Run { command: &command, input: None, output, limit }).map_err(failed)?;
    }
    let now = now();
    let taken = Taker {
        home: &home,
        tools: &tools,
        answers: &record.answers,
        secrets: &BTreeMap::new(),
        limit,
        printed: BTreeMap::new(),
    }
    .take(recipe, now)
    .map_err(failed)?;
    if taken.expires_at.is_some_and(|time| time <= now) {
        return Err(failed(Failure::new(format!("{name} is expired still: the tool did not renew it"))));
    }
    let mut renewed = remember(recipe, &home, &taken, record.answers.clone(), now)?;
    renewed.digests.extend(replaced);
    let change = vault.keep(name, &taken.value, &renewed, |reading| present(record, name, reading))?;
    finish(home, change, &renewed).map(Refreshed::Done)
}

/// What to type to log in again.
pub fn again(recipe: &Recipe, name: &SecretName) -> String {
    if recipe.secret == name.as_str() {
        format!("remo-login {}", recipe.name)
    } else {
        format!("remo-login {} --name {name}", recipe.name)
    }
}

fn ask(
    recipe: &Recipe,
    after_login: bool,
    answers: &mut Answers,
    answered: &mut Answered,
    stop: &Stop,
) -> Result<(), Failure> {
    for question in recipe.questions.iter().filter(|question| question.after_login == after_login) {
        let answer = answers.ask(question, stop)?;
        if question.secret {
            answered.secret.insert(question.key.clone(), answer);
        } else {
            let text = answer.expose_text().unwrap_or_default().to_owned();
            answered.plain.insert(question.key.clone(), text);
        }
    }
    Ok(())
}

/// A home with what the recipe puts there.
fn furnished(
    recipe: &Recipe,
    settings: &Settings,
    answers: &BTreeMap<String, String>,
) -> Result<Home, Failure> {
    let home = Home::prepare(&settings.home_parent, &mut |notice| output::note(notice))?;
    let furnish = || -> io::Result<()> {
        for path in recipe.home.values() {
            let folder = match path.strip_suffix('/') {
                Some(folder) => Some(Path::new(folder)),
                None => Path::new(path).parent(),
            };
            if let Some(folder) = folder {
                home.make_folder(folder)?;
            }
        }
        for file in &recipe.files {
            home.write(Path::new(&file.path), fill(&file.content, answers).as_bytes())?;
        }
        Ok(())
    };
    furnish().map_err(|error| {
        Failure::new(format!("the tool's home {} cannot be furnished: {error}", home.path().display()))
    })?;
    Ok(home)
}

fn tools<'a>(
    recipe: &Recipe,
    home: &'a Home,
    stop: &'a Stop,
    answers: &BTreeMap<String, String>,
) -> Result<Tools<'a>, Failure> {
    let places = recipe.home.iter().map(|(variable, path)| {
        let path = home.path().join(path.trim_end_matches('/'));
        (OsString::from(variable), path.into_os_string())
    });
    let fixed = recipe
        .environment
        .iter()
        .map(|(variable, value)| (OsString::from(variable), OsString::from(fill(value, answers))));
    Tools::new(home, stop, |name| env::var_os(name), places.chain(fixed).collect())
}

fn shown(settings: &Settings, terminal: bool) -> Output {
    if terminal || settings.show_output { Output::Shown } else { Output::Dropped }
}

/// Refuses to renew what somebody has removed or replaced since: a timer must not bring a revoked secret back.
fn present(record: &Record, name: &SecretName, reading: &Reading) -> Result<(), Failure> {
    let problem = match digest::present(&record.digests, name, reading) {
        Present::Same => return Ok(()),
        Present::Removed => "was removed from the store since the login",
        Present::Replaced => "was set by other means since the login",
        Present::Unreadable => "cannot be read in the store at the moment",
    };
    Err(Failure::new(format!("{name} {problem}; it is left as it is")).hint(format!(
        "log in again: remo-login {} --name {name}\n      or forget the login: remo-login forget {name}",
        record.recipe
    )))
}

/// What is remembered of a login that brought `taken`.
fn remember(
    recipe: &Recipe,
    home: &Home,
    taken: &Taken,
    answers: BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Record, Failure> {
    let kept = recipe.refresh.as_ref().map(|refresh| state::save(home, &refresh.keep)).transpose()?;
    Ok(Record {
        recipe: recipe.name.clone(),
        obtained_at: now,
        expires_at: taken.expires_at,
        refreshable: recipe.refresh.is_some(),
        early_seconds: recipe.refresh.as_ref().map_or(0, |refresh| refresh.early_seconds),
        digests: vec![digest::of(&taken.value)],
        answers,
        state: kept.unwrap_or_default(),
    })
}

/// Wipes the home and reports.
fn finish(home: Home, change: Change, record: &Record) -> Result<Done, Failure> {
    home.wipe()?;
    let early = SignedDuration::from_secs(record.early_seconds.into());
    Ok(Done { change, expires_at: record.expires_at, early })
}

/// Whole seconds: nobody needs more, and tables stay narrow.
fn now() -> Timestamp {
    let second = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    let now = Timestamp::now();
    now.round(second).unwrap_or(now)
}
