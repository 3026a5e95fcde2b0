//! `list` and `status`.

use std::collections::BTreeMap;
use std::time::Instant;

use remo_wire::PROTOCOL_VERSION;
use remo_wire::admin::{ChangedSecret, ContainerStatus, ListResponse, ProjectStatus, StatusResponse};
use remo_wire::ok::OkTrue;

use super::Effects;
use super::registration::repair;
use crate::VERSION;
use crate::broker::Broker;
use crate::dispatch::manifest_state::state_of;
use crate::manifest_file;
use crate::registry::{Project, ProjectKey};

/// Names, kinds and field names.
pub(super) fn list(broker: &Broker) -> ListResponse {
    let secrets = broker.store.snapshot().map(crate::store::Snapshot::list).unwrap_or_default();
    ListResponse { ok: OkTrue, secrets }
}

/// The state of everything. Sockets that are not right any more are repaired on the way.
pub(super) fn status(broker: &mut Broker, effects: &mut Effects) -> StatusResponse {
    repair_all(broker, effects);
    let now = Instant::now();
    let projects = broker
        .registry
        .iter()
        .map(|(_, project)| ProjectStatus {
            name: project.name.clone(),
            socket_path: broker
                .run_directory
                .socket_path(project.name.as_str())
                .to_string_lossy()
                .into_owned(),
            allowlist_size: project.pin.as_ref().map_or(0, |pin| pin.manifest.bindings.len() as u64),
            cache_entries: project.leases.running(now) as u64,
            view: project.view,
            manifest: state_of(
                manifest_file::read(&broker.config.paths.projects_root, &project.name),
                project.pin.as_ref(),
                &project.name,
            ),
            containers: containers(project),
            changes: project
                .changes
                .iter()
                .map(|(name, change)| ChangedSecret {
                    name: name.clone(),
                    view: change.view,
                    variables: change.variables.iter().cloned().collect(),
                })
                .collect(),
            changes_known_since: Some(project.changes.known_since()),
        })
        .collect();
    StatusResponse {
        ok: OkTrue,
        broker_version: VERSION.to_owned(),
        protocol_version: PROTOCOL_VERSION,
        instance_id: broker.instance_id.clone(),
        uptime_seconds: broker.started.elapsed().as_secs(),
        secret_count: broker.store.len() as u64,
        secrets_loaded_at: broker.store.loaded_at().map(|at| format!("{at:.0}")),
        cleared: broker.store.is_cleared(),
        generation: broker.store.generation(),
        projects,
    }
}

/// What each container of a project was given.
fn containers(project: &Project) -> Vec<ContainerStatus> {
    let mut found: BTreeMap<Option<&str>, ContainerStatus> = BTreeMap::new();
    for holder in project.holders.iter() {
        let container = holder.container.as_deref();
        let status = ContainerStatus {
            container: container.map(str::to_owned),
            watching: false,
            view: holder.view,
            fetched_at: Some(format!("{:.0}", holder.at)),
        };
        found.insert(container, status);
    }
    for watcher in &project.watchers {
        let container = watcher.container.as_deref();
        let status = found.entry(container).or_insert_with(|| ContainerStatus {
            container: container.map(str::to_owned),
            watching: false,
            view: watcher.view,
            fetched_at: None,
        });
        status.view = if status.watching { status.view.min(watcher.view) } else { watcher.view };
        status.watching = true;
    }
    found.into_values().collect()
}

/// Repairs every project's socket.
pub(crate) fn repair_all(broker: &mut Broker, effects: &mut Effects) {
    let keys: Vec<ProjectKey> = broker.registry.iter().map(|(key, _)| key).collect();
    for key in keys {
        repair(broker, key, effects);
    }
}
