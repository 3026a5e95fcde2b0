//! `remo status`: each project, its manifest, its container, and which view that holds.
//!
//! Nothing in it is the word of a container. Whether one runs and since when says the engine; views and manifests
//! says the broker; what the environment holds at least is the view that the launcher saw right before the start.

use remo_present::table::{Column, Table, wrapped};
use remo_present::width;
use remo_wire::admin::{ManifestState, ManifestSummary, StatusResponse};
use remo_wire::binding::Target;
use serde::Serialize;

use crate::containers::{Container, Store};
use crate::engine::{Engine, Inspected};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::launch::secrets;
use crate::output;
use crate::places::Places;
use crate::project::{self, Project};

/// How a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// None was made, or it is gone.
    None,
    /// It runs.
    Running,
    /// It runs, started by somebody else since: what its environment holds is not known.
    StartedElsewhere,
    /// It is stopped.
    Stopped,
    /// The engine does not say.
    Unknown,
}

/// One project.
#[derive(Debug, Clone, Serialize)]
struct Line {
    project: String,
    manifest: Option<ManifestState>,
    container: Running,
    id: Option<String>,
    /// What the environment holds at least.
    view_at_start: Option<u64>,
    /// What is current.
    view: Option<u64>,
    /// Whether the environment is older than what is current: files follow by themselves, an environment does not.
    needs_restart: bool,
}

/// Shows it.
pub fn status(places: &Places, as_json: bool) -> Result<ExitStatus, Failure> {
    let mut client = secrets::connect(places)?;
    let status = client.status()?;
    let store = Store::open(&places.state)?;
    let engine = Engine::new(places);
    let mut lines = Vec::new();
    for name in project::all(places)? {
        let container = store.read(&name)?.container;
        let found = match (&container, &engine) {
            (Some(container), Ok(engine)) => engine.inspect(&container.id).map_err(|_| ()),
            (None, _) => Ok(None),
            (Some(_), Err(_)) => Err(()),
        };
        let vended = Project::open(places, &name)?.vended;
        let in_environment = match &vended {
            Some(vended) if known(&status, &name).is_some() => {
                secrets::manifest(&mut client, vended)?.pinned.is_some_and(|pinned| has_variables(&pinned))
            }
            _ => false,
        };
        lines.push(line(&name, &status, container.as_ref(), &found, in_environment));
    }
    if as_json {
        let text = serde_json::to_string_pretty(&lines).map_err(|error| Failure::new(error.to_string()))?;
        output::data(&format!("{text}\n"))?;
    } else {
        output::data(&table(&lines))?;
    }
    Ok(ExitStatus::Success)
}

fn known<'a>(status: &'a StatusResponse, name: &str) -> Option<&'a remo_wire::admin::ProjectStatus> {
    status.projects.iter().find(|project| project.name.as_str() == name)
}

fn has_variables(pinned: &ManifestSummary) -> bool {
    pinned.bindings.values().any(|binding| matches!(binding.target, Target::Env(_)))
}

fn line(
    name: &str,
    status: &StatusResponse,
    container: Option<&Container>,
    found: &Result<Option<Inspected>, ()>,
    in_environment: bool,
) -> Line {
    let at_broker = known(status, name);
    let running = match (container, found) {
        (_, Err(())) => Running::Unknown,
        (Some(container), Ok(Some(found))) if found.state.running => {
            if found.state.started_at == container.started_at {
                Running::Running
            } else {
                Running::StartedElsewhere
            }
        }
        (_, Ok(Some(_))) => Running::Stopped,
        (_, Ok(None)) => Running::None,
    };
    let view = at_broker.map(|project| project.view);
    let view_at_start =
        container.filter(|_| running == Running::Running).and_then(|container| container.view);
    let is_older = match (view_at_start, view) {
        (Some(held), Some(current)) => held < current,
        _ => matches!(running, Running::Running | Running::StartedElsewhere),
    };
    Line {
        manifest: at_broker.map(|project| project.manifest),
        id: container.filter(|_| running != Running::None).map(|container| container.id.clone()),
        project: name.to_owned(),
        container: running,
        view_at_start,
        view,
        needs_restart: in_environment && is_older,
    }
}

fn table(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "There is no project yet; clone one: remo clone ADDRESS\n".to_owned();
    }
    let mut table = Table::new([
        Column::whole("PROJECT"),
        Column::whole("MANIFEST"),
        Column::whole("CONTAINER"),
        Column::whole("STARTED WITH"),
        Column::whole("CURRENT"),
    ]);
    let number =
        |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| format!("view {number}"));
    for line in lines {
        table.row([
            line.project.clone(),
            line.manifest.map_or_else(|| "-".to_owned(), |manifest| manifest.to_string()),
            match line.container {
                Running::None => "-",
                Running::Running => "running",
                Running::StartedElsewhere => "running, started elsewhere",
                Running::Stopped => "stopped",
                Running::Unknown => "docker does not say",
            }
            .to_owned(),
            number(line.view_at_start),
            number(line.view),
        ]);
    }
    let mut text = table.render(width());
    for line in lines.iter().filter(|line| line.needs_restart) {
        let name = &line.project;
        text += &wrapped(
            "- ",
            &format!(
                "{name}: variables of its environment may be older than what is current; files follow by themselves"
            ),
            width(),
        );
        text += &wrapped(
            "  > ",
            &format!("end its shells and processes and start it again: remo up {name} --rebuild"),
            width(),
        );
    }
    for line in lines.iter().filter(|line| {
        matches!(
            line.manifest,
            Some(ManifestState::Unapproved | ManifestState::Changed | ManifestState::Invalid)
        )
    }) {
        let manifest = line.manifest.map(|manifest| manifest.to_string()).unwrap_or_default();
        text += &wrapped("- ", &format!("{}: its manifest is {manifest}", line.project), width());
        text += &wrapped("  > ", &format!("remo trust {}", line.project), width());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(view: u64) -> StatusResponse {
        serde_json::from_value(serde_json::json!({
            "ok": true, "broker_version": "0", "protocol_version": 2, "instance_id": "i", "uptime_seconds": 1,
            "secret_count": 1, "secrets_loaded_at": null, "cleared": false, "generation": 1,
            "projects": [{"name": "a", "socket_path": "/s", "allowlist_size": 1, "cache_entries": 0, "view": view,
                "manifest": "pinned"}]
        }))
        .unwrap()
    }

    fn container() -> Container {
        Container {
            id: "ab".repeat(32),
            user: "dev".to_owned(),
            folder: "/w".to_owned(),
            started_at: "t1".to_owned(),
            view: Some(3),
            configuration: None,
        }
    }

    fn found(running: bool, started_at: &str) -> Inspected {
        serde_json::from_value(serde_json::json!({
            "Id": "ab".repeat(32), "State": {"Running": running, "StartedAt": started_at}, "Config": {"Labels": null}
        }))
        .unwrap()
    }

    #[test]
    fn an_environment_is_old_when_the_view_has_risen_or_somebody_else_started_it() {
        let container = container();
        let of =
            |view, found, in_environment| line("a", &status(view), Some(&container), &found, in_environment);
        let current = of(3, Ok(Some(found(true, "t1"))), true);
        assert_eq!((current.container, current.needs_restart), (Running::Running, false));
        assert!(of(4, Ok(Some(found(true, "t1"))), true).needs_restart);
        assert!(!of(4, Ok(Some(found(true, "t1"))), false).needs_restart, "files follow by themselves");
        let elsewhere = of(3, Ok(Some(found(true, "t2"))), true);
        assert_eq!((elsewhere.container, elsewhere.view_at_start), (Running::StartedElsewhere, None));
        assert!(elsewhere.needs_restart);
        assert_eq!(of(4, Ok(Some(found(false, "t1"))), true).container, Running::Stopped);
        assert!(!of(4, Ok(Some(found(false, "t1"))), true).needs_restart);
        assert_eq!(of(4, Ok(None), true).container, Running::None);
        assert_eq!(of(4, Err(()), true).container, Running::Unknown);
    }

    #[test]
    fn what_needs_a_restart_is_said_with_the_command() {
        let container = container();
        let text = table(&[line("a", &status(4), Some(&container), &Ok(Some(found(true, "t1"))), true)]);
        assert!(
            text.contains("view 3") && text.contains("view 4") && text.contains("> end its shells"),
            "{text}"
        );
    }
}
