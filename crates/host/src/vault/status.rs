//! `remo vault status`: how the vault's container stands.

use std::process::Stdio;

use remo_present::table::wrapped;
use remo_present::width;
use remo_wire::names::VAULT_NAME;
use serde::Serialize;

use super::{IMAGE, NAME, world};
use crate::containers::Store;
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;

/// How the container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// None was made.
    None,
    /// The one that was made has gone.
    Gone,
    Stopped,
    Running,
}

/// Everything about it.
#[derive(Debug, Serialize)]
struct Vault {
    state: State,
    /// Its whole id.
    id: Option<String>,
    /// Whether it does its work; not known while it does not run.
    healthy: Option<bool>,
    /// What does not do its work.
    problems: Vec<String>,
    /// Whether it was made by remo, with the image and settings that it would get now.
    current: Option<bool>,
    /// Whether somebody else has made it.
    adopted: bool,
    /// What does not let a container be made now.
    hindrance: Option<String>,
    image: &'static str,
    volume: &'static str,
    network: &'static str,
}

/// Shows it; the answer is no when it does not do its work.
pub fn status(places: &Places, as_json: bool) -> Result<ExitStatus, Failure> {
    let engine = Engine::new(places)?;
    let history = Store::open(&places.state)?.read(VAULT_NAME)?;
    let found = match &history.container {
        Some(container) => engine.inspect(&container.id)?,
        None => None,
    };
    let state = match (&history.container, &found) {
        (None, _) => State::None,
        (Some(_), None) => State::Gone,
        (_, Some(found)) if found.state.running => State::Running,
        _ => State::Stopped,
    };
    let health = found.as_ref().filter(|_| state == State::Running).map(|found| health(&engine, &found.id));
    let world = world::look(places, &engine);
    let adopted = found.is_some() && history.vault_settings.is_none();
    let vault = Vault {
        state,
        id: found.map(|found| found.id),
        healthy: health.as_ref().map(Result::is_ok),
        problems: health.and_then(Result::err).into_iter().flatten().collect(),
        current: world.as_ref().ok().map(|world| history.vault_settings.as_ref() == Some(&world.digest())),
        adopted,
        hindrance: world.err().map(|failure| failure.problem().to_owned()),
        image: IMAGE,
        volume: NAME,
        network: NAME,
    };
    if as_json {
        let text = serde_json::to_string_pretty(&vault).map_err(|error| Failure::new(error.to_string()))?;
        output::data(&format!("{text}\n"))?;
    } else {
        output::data(&text(&vault))?;
    }
    Ok(if vault.healthy == Some(true) { ExitStatus::Success } else { ExitStatus::Failure })
}

/// Whether the vault does its work, asked in its container as its user; what does not.
pub fn health(engine: &Engine<'_>, id: &str) -> Result<(), Vec<String>> {
    let output = engine
        .command()
        .args(["container", "exec", id, "remo-vault", "health"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| vec![error.to_string()])?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(said.lines().map(|line| remo_present::shown::escaped(line.trim()).into_owned()).collect())
}

fn text(vault: &Vault) -> String {
    let id = vault.id.as_deref().map_or("", |id| &id[..12]);
    let (container, next) = match (vault.state, vault.healthy, vault.current) {
        (State::None, ..) => ("none was made".to_owned(), Some("remo vault up")),
        (State::Gone, ..) => ("the one that was made has gone".to_owned(), Some("remo vault up")),
        (State::Stopped, ..) => (format!("{id}, stopped"), Some("remo vault up")),
        (State::Running, Some(true), Some(false)) if !vault.adopted => {
            (format!("{id}, runs, made with an earlier image or other settings"), Some("remo vault up"))
        }
        (State::Running, Some(true), _) => (format!("{id}, runs and does its work"), None),
        (State::Running, ..) => (
            format!("{id}, runs, but does not do its work"),
            Some("remo shell -p _remo-vault --exec remo-vend-status"),
        ),
    };
    let mut text = wrapped("container  ", &container, width());
    for problem in &vault.problems {
        text += &wrapped("           ", problem, width());
    }
    if vault.adopted {
        text += &wrapped("           ", "made by somebody else, and adopted", width());
    }
    text += &wrapped("image      ", vault.image, width());
    text += &wrapped("store      ", &format!("the volume {}", vault.volume), width());
    text += &wrapped("network    ", &format!("{}, of its own", vault.network), width());
    if let Some(hindrance) = &vault.hindrance {
        text += &wrapped("- ", &format!("none can be made now: {hindrance}"), width());
    }
    if let Some(next) = next {
        text += &wrapped("  > ", next, width());
    }
    text
}
