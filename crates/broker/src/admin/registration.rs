//! `register` and `unregister`.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use remo_wire::admin::{DoneResponse, Register, RegisterResponse};
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::names::ProjectName;
use remo_wire::ok::OkTrue;

use super::approval::{approvable, approve};
use super::{Answer, Effects, internal, unknown};
use crate::audit::Event;
use crate::broker::Broker;
use crate::manifest_file::canonical_project_path;
use crate::peer::OVERFLOW_UID;
use crate::registry::ProjectKey;
use crate::state::SavedProject;

/// Makes a project known. Registering it again repairs its socket and may change who may use it. A manifest that
/// cannot be approved registers nothing.
pub(super) fn register(
    broker: &mut Broker,
    request: Register,
    effects: &mut Effects,
) -> Answer<RegisterResponse> {
    let Register { name, project_path, allowed_uids, approve: wants_approval } = request;
    let path = canonical_project_path(&broker.config.paths.projects_root, &name, Path::new(&project_path))
        .map_err(|message| ErrorResponse::new(ErrorCode::InvalidPayload, message))?;
    let key = broker.registry.key(&name);
    let registered = key.and_then(|key| broker.registry.get(key));
    if registered.is_some_and(|project| project.path != path) {
        let message = format!("a project {name} is registered at another path; unregister it first");
        return Err(ErrorResponse::new(ErrorCode::ProjectExists, message));
    }
    let known_uids = registered.map(|project| project.allowed_uids.clone());
    let allowed_uids = decide_uids(allowed_uids, known_uids, &path)?;
    let approvable = if wants_approval { Some(approvable(broker, &name, None)?) } else { None };

    let key = match key {
        Some(key) => refresh(broker, key, allowed_uids, effects)?,
        None => insert(broker, name.clone(), path.clone(), allowed_uids, effects)?,
    };
    let Some(project) = broker.registry.get(key) else { return Err(unknown(&name)) };
    broker.audit.record(&Event::ProjectRegistered {
        project: name.as_str(),
        project_path: path.to_string_lossy(),
        allowed_uids: project.allowed_uids.iter().copied().collect(),
        approved: project.pin.is_some(),
    });
    if let Some(pin) = approvable {
        approve(broker, key, pin, effects)?;
    }
    let approved = broker.registry.get(key).is_some_and(|project| project.pin.is_some());
    let socket_path = broker.run_directory.socket_path(name.as_str()).to_string_lossy().into_owned();
    Ok(RegisterResponse { ok: OkTrue, socket_path, approved })
}

/// Closes a project's socket and connections. Its pin is kept for the next registration.
pub(super) fn unregister(
    broker: &mut Broker,
    name: &ProjectName,
    effects: &mut Effects,
) -> Answer<DoneResponse> {
    let key = broker.registry.key(name).ok_or_else(|| unknown(name))?;
    if let Some(project) = broker.registry.get(key) {
        let saved = Broker::saved_form(project, false);
        broker.state.save_project(&saved).map_err(|error| internal("save the project", &error))?;
        if let Some(identity) = project.socket {
            broker.service_manager.forget(name, identity);
        }
    }
    if let Err(error) = broker.run_directory.remove_project(name.as_str()) {
        // Whatever the container put there: nobody listens behind it.
        log::warn!(REMO_PROJECT = name.as_str(); "cannot remove the socket of {name}: {error}");
    }
    broker.registry.remove(name);
    broker.audit.record(&Event::ProjectUnregistered { project: name.as_str() });
    effects.close = Some(key);
    Ok(DoneResponse::default())
}

/// The users to record: as asked, else as recorded before, else the owner of the directory.
fn decide_uids(
    asked: Option<Vec<u32>>,
    recorded: Option<BTreeSet<u32>>,
    path: &Path,
) -> Answer<BTreeSet<u32>> {
    if let Some(asked) = asked {
        if asked.contains(&OVERFLOW_UID) {
            let message = format!(
                "allowed_uids contains {OVERFLOW_UID}, which stands for every user without a number here; \
                 name the user that the container's processes have on this host"
            );
            return Err(ErrorResponse::new(ErrorCode::InvalidPayload, message));
        }
        return Ok(asked.into_iter().collect());
    }
    if let Some(recorded) = recorded {
        return Ok(recorded);
    }
    let owner = path.metadata().map_err(|error| internal("look at the project directory", &error))?.uid();
    Ok([owner].into_iter().filter(|uid| *uid != OVERFLOW_UID).collect())
}

/// A project that is registered already: new users, a repaired socket.
fn refresh(
    broker: &mut Broker,
    key: ProjectKey,
    allowed_uids: BTreeSet<u32>,
    effects: &mut Effects,
) -> Answer<ProjectKey> {
    let Some(project) = broker.registry.get(key) else {
        return Err(ErrorResponse::new(ErrorCode::InternalError, "the project is gone"));
    };
    if project.allowed_uids != allowed_uids {
        let mut saved = Broker::saved_form(project, true);
        saved.allowed_uids.clone_from(&allowed_uids);
        broker.state.save_project(&saved).map_err(|error| internal("save the project", &error))?;
    }
    if let Some(project) = broker.registry.get_mut(key) {
        project.allowed_uids = allowed_uids;
        effects.judge_again = Some(key);
    }
    repair(broker, key, effects);
    Ok(key)
}

/// A project without a socket: its saved pin comes back, or it begins unapproved.
fn insert(
    broker: &mut Broker,
    name: ProjectName,
    path: std::path::PathBuf,
    allowed_uids: BTreeSet<u32>,
    effects: &mut Effects,
) -> Answer<ProjectKey> {
    let saved =
        broker.state.load_project(&name).map_err(|error| internal("read the saved project", &error))?;
    // A pin was approved for this very place; the same name elsewhere is another project.
    let pin = saved.filter(|saved| saved.project_path == path).and_then(|saved| saved.pin);
    let saved = SavedProject::new(name, path, allowed_uids, true, pin);
    let view = broker.counters.next_view(&broker.state).map_err(|error| internal("save the view", &error))?;
    let mut project = broker.project_from(saved.clone());
    project.begin(view);
    let socket =
        broker.open_socket(&project).map_err(|error| internal("open the project's socket", &error))?;
    if let Err(error) = broker.state.save_project(&saved) {
        if let Err(error) = broker.run_directory.remove_project(project.name.as_str()) {
            log::warn!(REMO_PROJECT = project.name.as_str(); "cannot remove the socket of {}: {error}", project.name);
        }
        broker.service_manager.forget(&project.name, socket.identity);
        return Err(internal("save the project", &error));
    }
    project.socket = Some(socket.identity);
    let key = broker.registry.insert(project);
    effects.listen.push((key, socket));
    Ok(key)
}

/// Binds a project's socket again when its name does not lead to it any more.
pub(super) fn repair(broker: &mut Broker, key: ProjectKey, effects: &mut Effects) {
    let Some(project) = broker.registry.get(key) else { return };
    let name = project.name.clone();
    let intact =
        project.socket.is_some_and(|identity| broker.run_directory.is_intact(name.as_str(), identity));
    if intact {
        return;
    }
    match broker.open_socket(project) {
        Ok(socket) => {
            if let Some(project) = broker.registry.get_mut(key) {
                project.socket = Some(socket.identity);
            }
            broker.audit.record(&Event::SocketRecovered { project: name.as_str() });
            effects.listen.push((key, socket));
        }
        Err(error) => {
            log::error!(REMO_PROJECT = name.as_str(); "cannot repair the socket of {name}: {error}");
        }
    }
}
