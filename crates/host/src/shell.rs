//! `remo shell`: from a name to a shell, wherever the project runs.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::{Command, Stdio};

use remo_wire::names::VAULT_NAME;

use crate::containers::{Container, Store};
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::launch::enter::{self, Surroundings};
use crate::launch::place::{Place, place};
use crate::launch::secrets::Consent;
use crate::launch::up::{self, Options};
use crate::launch::{on_host, progress};
use crate::output;
use crate::places::Places;
use crate::project::Project;
use crate::sessions::{self, Session};

/// What is wanted of a project.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// A command instead of a shell.
    pub command: Option<&'a OsStr>,
    /// In the background, with a log.
    pub detach: bool,
    /// This process is the one in the background.
    pub is_detached: bool,
    /// Without a session that survives a lost connection.
    pub without_session: bool,
}

/// Opens a shell, or runs a command.
pub fn shell(places: &Places, wanted: &Wanted<'_>) -> Result<ExitStatus, Failure> {
    if wanted.is_detached {
        // The terminal's end is not ours. It fails for a leader of a session, which needs it not.
        let _ = rustix::process::setsid();
    }
    if wanted.name == VAULT_NAME {
        return vault(places, wanted);
    }
    let project = Project::open(places, wanted.name)?;
    let store = Store::open(&places.state)?;
    let runs_at = place(project.has_configuration(), &store.read(&project.name)?);
    refuse(&project.name, runs_at)?;
    if wanted.detach {
        return detach(places, wanted);
    }
    if let Some(session) = Session::find(places, wanted) {
        return sessions::attach(places, &session);
    }
    if runs_at == Place::Host {
        return on_host::enter(places, &project, wanted.command);
    }
    let container = running(places, &store, &project)?;
    let engine = Engine::new(places)?;
    let remote = engine.inspect(&container.id)?.map(|found| found.remote_environment()).unwrap_or_default();
    let surroundings = Surroundings { remote, ..surroundings(places, wanted.name) };
    enter::enter(&engine, &container, &surroundings, wanted.command)
}

/// A place that is none, as a failure.
fn refuse(name: &str, place: Place) -> Result<(), Failure> {
    let on_host = format!("run it on this host, after a look at what is in it: remo trust {name} --host");
    match place {
        Place::Container | Place::Host => Ok(()),
        Place::NotApproved => Err(Failure::new(format!(
            "{name} has no dev container configuration, and nobody approved that it runs on this host"
        ))
        .hint(format!("add .devcontainer/devcontainer.json, or {on_host}"))),
        Place::ConfigurationGone => Err(Failure::new(format!(
            "{name} ran in a container, and its dev container configuration has gone: it is not run on this host for that"
        ))
        .hint(format!("bring .devcontainer/devcontainer.json back, or {on_host}"))),
    }
}

/// The container of the project: as it runs, or started.
fn running(places: &Places, store: &Store, project: &Project) -> Result<Container, Failure> {
    if let Some(container) = store.read(&project.name)?.container {
        let found = Engine::new(places)?.inspect(&container.id)?;
        if found.is_some_and(|found| found.state.running && found.project() == Some(&project.name)) {
            up::note_if_outdated(project, &container);
            return Ok(container);
        }
    }
    up::up(places, project, Options { consent: Consent::Ask, rebuild: false, uid: None })
}

fn surroundings(places: &Places, project: &str) -> Surroundings {
    Surroundings {
        instance: places.instance(),
        project: project.into(),
        terminal: places.variable("TERM").map(OsStr::to_owned),
        remote: Vec::new(),
    }
}

fn vault(places: &Places, wanted: &Wanted<'_>) -> Result<ExitStatus, Failure> {
    if wanted.detach {
        return detach(places, wanted);
    }
    let engine = Engine::new(places)?;
    let known = Store::open(&places.state)?.read(VAULT_NAME)?.container;
    let running = match known {
        Some(container) if engine.inspect(&container.id)?.is_some_and(|found| found.state.running) => {
            Some(container)
        }
        _ => None,
    };
    let container = match running {
        Some(container) => container,
        None => crate::vault::up::up(places, false)?,
    };
    enter::enter(&engine, &container, &surroundings(places, VAULT_NAME), wanted.command)
}

/// Starts this program again in the background; its output goes to the project's log.
fn detach(places: &Places, wanted: &Wanted<'_>) -> Result<ExitStatus, Failure> {
    let path = places.state.join(format!("{}.log", wanted.name));
    let failed = |error: &std::io::Error| Failure::at("write the log", &path, error);
    let mut log = progress::open_log(&path).map_err(|error| failed(&error))?;
    let now = jiff::Timestamp::now();
    writeln!(log, "--- {now:.0} {}", wanted.command.map_or("start".into(), |it| it.to_string_lossy()))
        .map_err(|error| failed(&error))?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut words: Vec<OsString> = vec!["shell".into(), "--detached".into(), "-p".into(), wanted.name.into()];
    // Without a command the start itself is what was wanted.
    words.extend(["--exec".into(), wanted.command.map_or("true".into(), OsStr::to_owned)]);
    let child = Command::new(program)
        .args(words)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(|error| failed(&error))?)
        .stderr(log)
        .spawn()
        .map_err(|error| failed(&error))?;
    output::note(&format!(
        "{} runs in the background (process {}); its log: {}",
        wanted.name,
        child.id(),
        path.display()
    ));
    Ok(ExitStatus::Success)
}
