//! `remo-login`: the list, a login, its explanation, the status, a refresh.

use std::env;

use jiff::Timestamp;
use remo_wire::names::SecretName;

use super::secret_name;
use crate::cli::{Locations, LoginArguments, LoginCommand, LoginCommandLine};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::login::{self, Catalog, Found, Refreshed, Settings};
use crate::output;
use crate::store::Change;

/// Runs `remo-login`.
pub fn run(command_line: LoginCommandLine) -> Result<ExitStatus, Failure> {
    let LoginCommandLine { command, login, places, locations } = command_line;
    let settings =
        Settings::new(places.recipes_dir, places.home, places.show_output, |name| env::var_os(name));
    let catalog = Catalog::load(&settings.recipes);
    match (command, &login.recipe) {
        (Some(LoginCommand::Status(arguments)), _) => login::page::status(&locations, arguments.json),
        (Some(LoginCommand::Refresh(arguments)), _) => {
            refresh(&arguments.names, arguments.all_due, &catalog, &locations, &settings)
        }
        (Some(LoginCommand::Forget(arguments)), _) => {
            let name = secret_name(&arguments.name)?;
            let secret = match login::forget(&locations, &name)? {
                Some(true) => "the secret is still stored",
                Some(false) => "no secret of this name is stored",
                None => "whether the secret is still stored cannot be told",
            };
            output::note(&format!("forgot the login of {name}; {secret}"));
            Ok(ExitStatus::Success)
        }
        (None, None) => login::page::list(&catalog, &locations, login.json),
        (None, Some(recipe)) => one(recipe, &login, &catalog, &locations, &settings),
    }
}

/// One recipe: explained or run.
fn one(
    name: &str,
    arguments: &LoginArguments,
    catalog: &Catalog,
    locations: &Locations,
    settings: &Settings,
) -> Result<ExitStatus, Failure> {
    let found = found(name, catalog)?;
    if let Some(refusal) = catalog.refused().get(name) {
        output::note(&format!(
            "warning: {} is not used: {}",
            refusal.path.display(),
            refusal.problems.join("; ")
        ));
    }
    let secret = secret_name(arguments.name.as_deref().unwrap_or(&found.recipe.secret))?;
    if arguments.show {
        return login::page::show(found, &secret);
    }
    if !found.recipe.note.is_empty() {
        output::note(found.recipe.note.trim());
    }
    let done = login::log_in(&found.recipe, &secret, locations, settings)?;
    report(&secret, &done);
    let explain = login::again(&found.recipe, &secret);
    output::note(&format!("hint: what to write into a manifest: {explain} --show"));
    Ok(ExitStatus::Success)
}

fn found<'a>(name: &str, catalog: &'a Catalog) -> Result<&'a Found, Failure> {
    if let Some(found) = catalog.get(name) {
        return Ok(found);
    }
    Err(match catalog.refused().get(name) {
        Some(refusal) => Failure::new(format!(
            "the recipe {} cannot be used:\n  {}",
            refusal.path.display(),
            refusal.problems.join("\n  ")
        )),
        // Not repeated: it may be a value in the wrong place.
        None => Failure::usage("there is no recipe of this name").hint("see which there are: remo-login"),
    })
}

fn refresh(
    names: &[String],
    all_due: bool,
    catalog: &Catalog,
    locations: &Locations,
    settings: &Settings,
) -> Result<ExitStatus, Failure> {
    let names: Vec<SecretName> = names.iter().map(|name| secret_name(name)).collect::<Result<_, _>>()?;
    let now = Timestamp::now();
    let known = login::known(locations.store_path(), &locations.key_file)?;
    for name in &names {
        let Some(login) = known.iter().find(|login| login.name == *name) else {
            return Err(Failure::new(format!("{name} was not stored by a login"))
                .hint("see which logins there are: remo-login status"));
        };
        if !login.refreshable {
            return Err(Failure::new(format!("{name} cannot be refreshed without you"))
                .hint(format!("log in again: remo-login {} --name {name}", login.recipe)));
        }
    }
    let wanted = known.into_iter().filter(|login| {
        login.refreshable
            && (names.is_empty() || names.contains(&login.name))
            && (!all_due || login.standing(now).is_due())
    });
    let mut status = ExitStatus::Success;
    let mut session = login::RefreshSession::begin(locations, settings)?;
    let mut any = false;
    for login in wanted {
        any = true;
        match found(&login.recipe, catalog).and_then(|found| session.refresh(&found.recipe, &login.name)) {
            Ok(Refreshed::Done(done)) => report(&login.name, &done),
            // Nobody asked for this one.
            Ok(Refreshed::LeftAlone(reason)) if names.is_empty() => output::note(&reason.to_string()),
            Ok(Refreshed::LeftAlone(reason)) => {
                output::note(&reason.to_string());
                status = ExitStatus::Failure;
            }
            Err(failure) => {
                output::note(&failure.to_string());
                status = ExitStatus::Failure;
                if session.interrupted() {
                    break;
                }
            }
        }
    }
    if !any && !all_due {
        output::note("there is no login that can be refreshed");
    }
    Ok(status)
}

fn report(name: &SecretName, done: &login::Done) {
    let did = match done.change {
        Change::Added => "stored",
        Change::Replaced => "replaced",
        Change::Unchanged => "had already",
    };
    output::note(&format!("{did} {name}; {}", done.standing(Timestamp::now()).in_words()));
}
