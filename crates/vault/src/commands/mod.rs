//! One module for each command.

mod clear;
mod env;
mod get;
mod health;
mod import;
mod init;
mod key;
mod list;
mod list_creds;
mod login;
mod message;
pub(crate) mod push;
mod reload;
mod remove;
mod restore;
mod set;
mod table;
mod test_project;
mod vend_status;
mod watch;

use std::time::Duration;

pub use login::run as run_login;
use remo_wire::admin::PushedSecret;
use remo_wire::names::{ProjectName, SecretName};
use serde::Serialize;

use crate::cli::{
    Command, CommandLine, ListCredsCommandLine, Locations, ReloadCommandLine, SourceKind,
    TestProjectCommandLine, VendStatusCommandLine, WatcherCommandLine,
};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::KeyError;
use crate::output;
use crate::overview::{BrokerState, BrokerView, Depth, Overview, Places, gather};
use crate::push::{TooLarge, prepare};
use crate::source::{Embedded, Fnox, Reading, Source, SourceError};
use crate::store::{AnyStore, Change, Commit, Content, FnoxStore, OUTGROWN_HINT, Store, StoreError};
use crate::tui;
use crate::watch::report::{self, Found};

/// Runs the command of `command_line`.
pub fn run(command_line: CommandLine) -> Result<ExitStatus, Failure> {
    let locations = command_line.locations;
    match command_line.command {
        Command::Watch(arguments) => watch::run(&locations, &arguments),
        Command::Push => push::run(&locations),
        Command::Clear => clear::run(&locations),
        Command::Set(arguments) => set::run(&locations, &arguments),
        Command::Get(arguments) => get::run(&locations, &arguments),
        Command::List(arguments) => list::run(&locations, &arguments),
        Command::Remove(arguments) => remove::run(&locations, &arguments),
        Command::Import(arguments) => import::run(&locations, &arguments),
        Command::Init => init::run(&locations),
        Command::Env(arguments) => env::run(&locations, &arguments),
        Command::Restore(arguments) => restore::run(&locations, &arguments),
        Command::Key(command) => key::run(&locations, command),
        Command::Tui(arguments) => tui::run(&locations, &arguments),
        Command::Health => health::run(&locations),
        Command::Message => Ok(message::run(&locations)),
    }
}

/// Runs `remo-vault-watcher`.
pub fn run_watcher(command_line: &WatcherCommandLine) -> Result<ExitStatus, Failure> {
    watch::run(&command_line.locations, &command_line.watch)
}

/// Runs `remo-list-creds`.
pub fn run_list_creds(command_line: &ListCredsCommandLine) -> Result<ExitStatus, Failure> {
    list_creds::run(&command_line.locations, command_line.answer)
}

/// Runs `remo-test-project`.
pub fn run_test_project(command_line: &TestProjectCommandLine) -> Result<ExitStatus, Failure> {
    test_project::run(&command_line.locations, &command_line.name, command_line.answer)
}

/// Runs `remo-vend-status`.
pub fn run_vend_status(command_line: &VendStatusCommandLine) -> Result<ExitStatus, Failure> {
    vend_status::run(&command_line.locations, command_line.answer)
}

/// Runs `remo-reload`.
pub fn run_reload(command_line: &ReloadCommandLine) -> Result<ExitStatus, Failure> {
    reload::run(command_line)
}

/// How everything stands, at the places that the command line names. The broker's answers may take `patience`
/// together.
pub fn overview(locations: &Locations, depth: Depth, patience: Duration) -> Overview {
    let source = source(locations);
    let places = Places {
        source: source.as_ref(),
        store: locations.store_path(),
        key_file: &locations.key_file,
        admin_socket: &locations.admin_socket,
    };
    Overview::new(&gather(&places, depth, patience))
}

/// The source that the command line names.
pub(crate) fn source(locations: &Locations) -> Box<dyn Source> {
    match locations.source_kind() {
        SourceKind::Embedded => Box::new(Embedded::new(embedded(locations))),
        SourceKind::Fnox => Box::new(fnox(locations)),
    }
}

/// The source that the command line names, for one who hears of every change of it.
fn watched_source(locations: &Locations) -> Box<dyn Source> {
    match locations.source_kind() {
        SourceKind::Embedded => source(locations),
        SourceKind::Fnox => {
            Box::new(Fnox::new(locations.store_path(), &locations.key_file, locations.fnox.as_deref()))
        }
    }
}

/// Everything in the store. fnox does not know when a secret was changed; a living watcher does.
fn read_all(locations: &Locations) -> Result<Reading, Failure> {
    let mut reading = source(locations).read_all()?;
    if let Ok(Found::Running(report)) = report::read(locations.store_path()) {
        for (name, entry) in &mut reading.secrets {
            entry.changed_at =
                entry.changed_at.or(report.secrets.get(name).and_then(|known| known.changed_at));
        }
    }
    Ok(reading)
}

/// The store that the command line names.
pub(crate) fn store(locations: &Locations) -> AnyStore {
    match locations.source_kind() {
        SourceKind::Embedded => AnyStore::Embedded(embedded(locations)),
        SourceKind::Fnox => AnyStore::Fnox(FnoxStore::new(fnox(locations))),
    }
}

fn embedded(locations: &Locations) -> Store {
    Store::new(locations.store_path(), &locations.key_file)
}

fn fnox(locations: &Locations) -> Fnox {
    Fnox::new(locations.store_path(), &locations.key_file, locations.fnox.as_deref()).patient()
}

/// Stores one secret, whichever kind the store is.
pub(crate) fn store_secret(
    locations: &Locations,
    name: &SecretName,
    secret: &PushedSecret,
) -> Result<Change, Failure> {
    store_secret_if(locations, name, secret, |_| Ok(()))
}

/// [`store_secret`], if what the store holds at that moment, with other writers kept out, is to the liking of `fits`.
pub(crate) fn store_secret_if(
    locations: &Locations,
    name: &SecretName,
    secret: &PushedSecret,
    fits: impl FnOnce(&Reading) -> Result<(), Failure>,
) -> Result<Change, Failure> {
    store(locations).update(&mut note_waiting, |content| {
        fits(&content.reading())?;
        let change = within_one_push(content, |content| Ok(content.set(name, secret)))?;
        Ok((if change == Change::Unchanged { Commit::Leave } else { Commit::Write }, change))
    })
}

/// Everything in the store; nothing where there is no store yet.
pub(crate) fn stored(locations: &Locations) -> Result<Reading, Failure> {
    Ok(store(locations).preview()?.reading())
}

/// Checks a name that was typed. The message does not repeat it: it may be a value in the wrong place.
fn secret_name(text: &str) -> Result<SecretName, Failure> {
    SecretName::new(text).map_err(|rule| {
        Failure::usage(rule.to_string())
            .hint("write it with _ in the place of other characters, like openai_api_key")
    })
}

/// Checks a project name that was typed.
fn project_name(text: &str) -> Result<ProjectName, Failure> {
    ProjectName::new(text)
        .map_err(|rule| Failure::usage(rule.to_string()).hint("name the project as its directory is named"))
}

/// What to do when the broker does not know a project.
fn unknown_project(name: &ProjectName, known: &[ProjectName]) -> Failure {
    let failure = Failure::new(format!("the broker does not know a project {name}"));
    if known.is_empty() {
        return failure.hint(format!(
            "it knows no project yet; one is registered when it is first started (docs/guides/by-hand.md says how by \
             hand), then: remo-reload {name}"
        ));
    }
    let names = known.iter().map(ProjectName::as_str).collect::<Vec<_>>().join(", ");
    failure.hint(format!("it knows: {names}; others are registered when they are first started"))
}

/// Writes `value` to standard output as JSON.
fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::from_error(&error))?;
    output::line(&text)
}

/// How a command ends whose question the broker did not answer; `None` when it did.
fn without_broker(broker: &BrokerView) -> Option<ExitStatus> {
    match broker.state {
        BrokerState::Answers => None,
        BrokerState::Unreachable => Some(ExitStatus::Unreachable),
        BrokerState::OtherProtocol => Some(ExitStatus::Protocol),
        BrokerState::Refuses => Some(ExitStatus::Failure),
    }
}

/// What a writer says while another one holds the lock.
fn note_waiting() {
    output::note("waiting for another remo-vault that is writing to the store…");
}

/// Makes a change of `content`, and refuses one that makes it grow beyond what one push carries: nothing of such
/// a store would reach the broker. What is too large already may still become smaller.
pub(crate) fn within_one_push<T>(
    content: &mut dyn Content,
    change: impl FnOnce(&mut dyn Content) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let size = |content: &dyn Content| prepare(content.reading()).err();
    let before = size(content);
    let outcome = change(content)?;
    match (before, size(content)) {
        (None, Some(after)) => Err(outgrown(&after)),
        (Some(before), Some(after)) if after.size() > before.size() => Err(outgrown(&after)),
        _ => Ok(outcome),
    }
}

fn outgrown(error: &TooLarge) -> Failure {
    Failure::new(format!("nothing was stored: with this, {error}")).hint(OUTGROWN_HINT)
}

/// `s` behind a number that is not one.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        with_hint(Self::from_error(&error), error.hint())
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        with_hint(Self::from_error(&error), error.hint())
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        with_hint(Self::from_error(&error), error.hint())
    }
}

fn with_hint(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
