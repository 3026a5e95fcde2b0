//! `remo vault up`: the container runs, with exactly the settings that it is to have.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::thread;
use std::time::{Duration, Instant};

use remo_wire::names::VAULT_NAME;

use super::settings::{HOME, World};
use super::status::health;
use super::{NAME, NEXT, resources, world};
use crate::containers::{Container, Store};
use crate::engine::{Engine, Inspected};
use crate::failure::Failure;
use crate::output;
use crate::places::Places;

/// How long a vault that was started may take until it does its work.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(250);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Made,
    Replaced,
    Started,
    /// Started again, because what was mounted has been made again on the host.
    Remounted,
}

/// Makes, starts or replaces the container; what is remembered of it then.
pub fn up(places: &Places, recreate: bool) -> Result<Container, Failure> {
    let store = Store::open(&places.state)?;
    let claim = store.claim(VAULT_NAME)?;
    if claim.is_none() {
        return Err(Failure::new("the vault is being started or stopped already").hint("wait for it"));
    }
    let engine = Engine::new(places)?;
    let history = store.read(VAULT_NAME)?;
    let there = match &history.container {
        Some(container) => engine.inspect(&container.id)?.map(|found| (container.clone(), found)),
        None => None,
    };
    if let Some((container, found)) = &there
        && history.vault_settings.is_none()
        && !recreate
    {
        return adopted(&engine, container, found);
    }
    let world = world::look(places, &engine)?;
    resources::network(&engine)?;
    resources::volume(&engine)?;
    let is_current = history.vault_settings.as_deref() == Some(&world.digest());
    let (container, done) = match there {
        Some((container, found)) if is_current && !recreate => {
            let done = start(&engine, &container, &found, &world)?;
            (container, done)
        }
        other => replace(&engine, &store, &world, other.as_ref().map(|(container, _)| container))?,
    };
    let container = remember_start(&engine, &store, container)?;
    say(&engine, &container, done);
    Ok(container)
}

/// A container that somebody else has made is started, and otherwise left as it is.
fn adopted(engine: &Engine<'_>, container: &Container, found: &Inspected) -> Result<Container, Failure> {
    if !found.state.running {
        let _ = engine
            .ask(&["container", "start", &container.id])
            .map_err(|complaint| Failure::new(format!("the vault does not start: {complaint}")))?;
    }
    output::note(
        "the vault is a container that was adopted, and is left as it was made; to have remo make it: \
         remo vault up --recreate",
    );
    Ok(container.clone())
}

/// Starts what is there; starts it again when one of its mounts leads to a folder that is no longer there.
fn start(
    engine: &Engine<'_>,
    container: &Container,
    found: &Inspected,
    world: &World,
) -> Result<Done, Failure> {
    let call = |verb: &str| {
        engine.ask(&["container", verb, &container.id]).map_err(|complaint| {
            Failure::new(format!("the vault does not start: {complaint}")).hint("see more: remo vault status")
        })
    };
    take_name(engine, &container.id)?;
    if !found.state.running {
        let _ = call("start")?;
        return Ok(Done::Started);
    }
    if is_mounted(engine, container, world) {
        return Ok(Done::Nothing);
    }
    let _ = call("restart")?;
    Ok(Done::Remounted)
}

/// Whether the folders that the container sees are those of the host as they are now.
fn is_mounted(engine: &Engine<'_>, container: &Container, world: &World) -> bool {
    let seen = engine.ask(&[
        "container",
        "exec",
        &container.id,
        "stat",
        "--format",
        "%d:%i",
        "/run/remo-broker",
        "/run/remo-vault-key",
    ]);
    let on_host: Option<Vec<String>> = [&world.admin_folder, &world.key_folder]
        .into_iter()
        .map(|folder| fs::metadata(folder).ok().map(|it| format!("{}:{}", it.dev(), it.ino())))
        .collect();
    match (seen, on_host) {
        (Ok(seen), Some(on_host)) => seen.split_whitespace().eq(on_host.iter().map(String::as_str)),
        // Nothing is started again for a question that was not answered.
        _ => true,
    }
}

/// Makes a container and puts it in the place of the one before, which is not touched until the new one is made.
fn replace(
    engine: &Engine<'_>,
    store: &Store,
    world: &World,
    before: Option<&Container>,
) -> Result<(Container, Done), Failure> {
    let digest = world.digest();
    // Left over by a call that was cut off.
    let _ = engine.ask(&["container", "rm", "--force", NEXT]);
    let mut words = vec!["container".to_owned(), "create".to_owned(), "--name".to_owned(), NEXT.to_owned()];
    words.extend(world.arguments());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let id = engine
        .ask(&words)
        .map_err(|complaint| Failure::new(format!("the vault's container cannot be made: {complaint}")))?;
    let container = Container {
        id: id.trim().to_owned(),
        user: format!("{}:{}", world.user, world.group),
        folder: HOME.to_owned(),
        started_at: String::new(),
        view: None,
        configuration: None,
    };
    if let Some(before) = before {
        output::note("replacing the vault's container; its store stays");
        // The watcher ends in an orderly way; two of them cannot work on one store.
        let _ = engine.ask(&["container", "stop", &before.id]);
        let _ = engine.ask(&["container", "rm", "--force", &before.id]);
    }
    store.change(VAULT_NAME, |history| {
        history.container = Some(container.clone());
        history.vault_settings = Some(digest);
    })?;
    take_name(engine, &container.id)?;
    let _ = engine.ask(&["container", "start", &container.id]).map_err(|complaint| {
        Failure::new(format!("the vault does not start: {complaint}")).hint("see more: remo vault status")
    })?;
    Ok((container, if before.is_some() { Done::Replaced } else { Done::Made }))
}

/// Gives the container its name, which another one may have that nobody remembers.
fn take_name(engine: &Engine<'_>, id: &str) -> Result<(), Failure> {
    let name = engine.ask(&["container", "inspect", "--format", "{{.Name}}", "--", id]).unwrap_or_default();
    if name.trim().trim_start_matches('/') == NAME {
        return Ok(());
    }
    engine.ask(&["container", "rename", id, NAME]).map(drop).map_err(|complaint| {
        Failure::new(format!("the vault's container cannot be called {NAME}: {complaint}")).hint(format!(
            "look at the one of that name, then remove it (its volume stays) and try again: docker rm --force {NAME}"
        ))
    })
}

/// Notes when the engine started it.
fn remember_start(engine: &Engine<'_>, store: &Store, container: Container) -> Result<Container, Failure> {
    let Some(found) = engine.inspect(&container.id)? else {
        return Err(Failure::new("the vault's container has gone").hint("make it again: remo vault up"));
    };
    let container = Container { started_at: found.state.started_at, ..container };
    store.change(VAULT_NAME, |history| history.container = Some(container.clone()))?;
    Ok(container)
}

/// Waits a while for the vault to do its work, and says how it stands. What it waits for may come later by itself.
fn say(engine: &Engine<'_>, container: &Container, done: Done) {
    let deadline = Instant::now() + PATIENCE;
    let mut told = false;
    let ill = loop {
        match health(engine, &container.id) {
            Ok(()) => break None,
            Err(said) if Instant::now() >= deadline => break Some(said),
            Err(_) => {}
        }
        if !told {
            output::note("waiting for the vault to do its work…");
            told = true;
        }
        thread::park_timeout(PAUSE);
    };
    let what = match done {
        Done::Nothing => "the vault runs",
        Done::Made => "the vault was made",
        Done::Replaced => "the vault was made again with the present image and settings",
        Done::Started => "the vault was started",
        Done::Remounted => {
            "the vault was started again: folders of the host that it has mounted had been made again"
        }
    };
    match ill {
        None => output::note(&format!("{what}; open a shell in it: remo shell -p {VAULT_NAME}")),
        Some(said) => {
            output::note(&format!("{what}, but it does not do its work yet:"));
            for line in said {
                output::note(&format!("  {line}"));
            }
            output::note(&format!(
                "hint: see what to do about it: remo shell -p {VAULT_NAME} --exec remo-vend-status"
            ));
        }
    }
}
