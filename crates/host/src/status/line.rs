//! How one project stands.

use std::collections::BTreeSet;

use remo_wire::admin::{ContainerStatus, ManifestState, ProjectStatus};
use serde::Serialize;

use crate::containers::Container;
use crate::engine::Inspected;

/// How a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
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

/// What a container was given for its files, as the broker saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Files {
    /// The view.
    pub(super) view: u64,
    /// Whether a process of the container keeps them fresh.
    pub(super) followed: bool,
}

/// Another container that has this project's secrets and follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Further {
    /// Its id; `null` for processes whose container cannot be told.
    pub(super) id: Option<String>,
    /// The view of its files.
    pub(super) view: u64,
}

/// One project.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub(super) project: String,
    pub(super) manifest: Option<ManifestState>,
    pub(super) container: State,
    pub(super) id: Option<String>,
    /// What the environment holds at least.
    pub(super) view_at_start: Option<u64>,
    /// What the files hold; `null` when the broker knows nothing of this container.
    pub(super) files: Option<Files>,
    /// What is current.
    pub(super) view: Option<u64>,
    /// Variables that changed since the start; `null` when that is not known.
    pub(super) changed_variables: Option<Vec<String>>,
    /// Whether the environment is older than what is current: files follow by themselves, an environment does not.
    pub(super) needs_restart: bool,
    /// Further containers of the project.
    pub(super) further: Vec<Further>,
}

/// What a line is made of.
pub(super) struct Known<'a> {
    pub(super) at_broker: Option<&'a ProjectStatus>,
    pub(super) container: Option<&'a Container>,
    /// An error: the engine does not say.
    pub(super) found: &'a Result<Option<Inspected>, ()>,
    /// Whether what is approved fills variables.
    pub(super) in_environment: bool,
}

impl Line {
    pub(super) fn new(name: &str, known: &Known<'_>) -> Self {
        let container = known.container;
        let running = running(container, known.found);
        let runs = matches!(running, State::Running | State::StartedElsewhere);
        let id = container.filter(|_| running != State::None).map(|container| container.id.clone());
        let view_at_start =
            container.filter(|_| running == State::Running).and_then(|container| container.view);
        let changed = known.at_broker.and_then(|project| changed(project, view_at_start));
        let needs_restart = runs
            && match &changed {
                Some(changed) => !changed.is_empty(),
                None => known.in_environment,
            };
        let (own, further): (Vec<&ContainerStatus>, Vec<_>) = known
            .at_broker
            .into_iter()
            .flat_map(|project| &project.containers)
            .partition(|status| id.is_some() && status.container == id);
        Self {
            project: name.to_owned(),
            manifest: known.at_broker.map(|project| project.manifest),
            container: running,
            view_at_start,
            files: own
                .first()
                .filter(|_| runs)
                .map(|status| Files { view: status.view, followed: status.watching }),
            view: known.at_broker.map(|project| project.view),
            changed_variables: changed.filter(|_| runs),
            needs_restart,
            further: further
                .into_iter()
                .filter(|status| status.watching)
                .map(|status| Further { id: status.container.clone(), view: status.view })
                .collect(),
            id,
        }
    }

    /// Whether the files are older than what is current.
    pub(super) fn files_are_old(&self) -> bool {
        self.files.as_ref().zip(self.view).is_some_and(|(files, view)| files.view < view)
    }
}

fn running(container: Option<&Container>, found: &Result<Option<Inspected>, ()>) -> State {
    match (container, found) {
        (_, Err(())) => State::Unknown,
        (Some(container), Ok(Some(found))) if found.state.running => {
            if found.state.started_at == container.started_at {
                State::Running
            } else {
                State::StartedElsewhere
            }
        }
        (_, Ok(Some(_))) => State::Stopped,
        (_, Ok(None)) => State::None,
    }
}

/// The variables that changed after the view `held`; `None` when that cannot be told.
fn changed(project: &ProjectStatus, held: Option<u64>) -> Option<Vec<String>> {
    let held = held?;
    if held == project.view {
        return Some(Vec::new());
    }
    if project.changes_known_since? > held {
        return None;
    }
    let later = project.changes.iter().filter(|change| change.view > held);
    let names: BTreeSet<&String> = later.flat_map(|change| &change.variables).collect();
    Some(names.into_iter().cloned().collect())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::status) fn id(letter: &str) -> String {
        letter.repeat(64)
    }

    /// `gh` changed in view 4, `aws`, a file, in view 5; changes are known from view 2 on.
    pub(in crate::status) fn at_broker(view: u64, containers: &serde_json::Value) -> ProjectStatus {
        serde_json::from_value(json!({
            "name": "a", "socket_path": "/s", "allowlist_size": 1, "cache_entries": 0, "view": view,
            "manifest": "pinned", "containers": containers, "changes_known_since": 2,
            "changes": [{"name": "aws", "view": 5, "variables": []},
                        {"name": "gh", "view": 4, "variables": ["GH_TOKEN"]}],
        }))
        .unwrap()
    }

    pub(in crate::status) fn container(view: u64) -> Container {
        Container {
            id: id("a"),
            user: "dev".to_owned(),
            folder: "/w".to_owned(),
            started_at: "t1".to_owned(),
            view: Some(view),
            configuration: None,
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the engine is asked")]
    pub(in crate::status) fn found(running: bool, started_at: &str) -> Result<Option<Inspected>, ()> {
        Ok(Some(
            serde_json::from_value(json!({
                "Id": id("a"), "Image": "sha256:i", "State": {"Running": running, "StartedAt": started_at}, "Config": {"Labels": null}
            }))
            .unwrap(),
        ))
    }

    pub(in crate::status) fn line(
        project: &ProjectStatus,
        held: u64,
        found: &Result<Option<Inspected>, ()>,
    ) -> Line {
        let container = container(held);
        let known =
            Known { at_broker: Some(project), container: Some(&container), found, in_environment: true };
        Line::new("a", &known)
    }

    #[test]
    fn an_environment_is_old_when_one_of_its_variables_changed() {
        let project = at_broker(5, &json!([]));
        let of = |held| line(&project, held, &found(true, "t1"));
        assert_eq!((of(5).needs_restart, of(5).changed_variables), (false, Some(vec![])));
        assert_eq!((of(4).needs_restart, of(4).changed_variables), (false, Some(vec![])), "a file follows");
        assert_eq!((of(3).needs_restart, of(3).changed_variables), (true, Some(vec!["GH_TOKEN".to_owned()])));
        assert_eq!((of(1).needs_restart, of(1).changed_variables), (true, None), "from before what is known");
    }

    #[test]
    fn who_started_it_and_whether_it_runs_counts() {
        let project =
            at_broker(4, &json!([{"container": id("a"), "watching": true, "view": 4, "fetched_at": null}]));
        let elsewhere = line(&project, 4, &found(true, "t2"));
        assert_eq!((elsewhere.container, elsewhere.view_at_start), (State::StartedElsewhere, None));
        assert!(elsewhere.needs_restart && elsewhere.changed_variables.is_none());
        let stopped = line(&project, 3, &found(false, "t1"));
        assert_eq!((stopped.container, stopped.needs_restart, stopped.files), (State::Stopped, false, None));
        assert_eq!(line(&project, 3, &Ok(None)).container, State::None);
        assert_eq!(line(&project, 3, &Err(())).container, State::Unknown);
    }

    #[test]
    fn containers_of_one_project_are_not_mixed_up() {
        let project = at_broker(
            5,
            &json!([
                {"container": null, "watching": false, "view": 5, "fetched_at": null},
                {"container": id("a"), "watching": true, "view": 3, "fetched_at": null},
                {"container": id("b"), "watching": true, "view": 5, "fetched_at": null},
                {"container": id("c"), "watching": false, "view": 1, "fetched_at": null},
            ]),
        );
        let line = line(&project, 5, &found(true, "t1"));
        assert_eq!(line.files, Some(Files { view: 3, followed: true }));
        assert!(line.files_are_old());
        assert_eq!(line.further, [Further { id: Some(id("b")), view: 5 }]);
    }
}
