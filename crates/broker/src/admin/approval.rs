//! `manifest` and `reload`: what a project asks for, and what a person approves.

use jiff::Timestamp;
use remo_wire::admin::{ManifestResponse, ReloadResponse};
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::names::ProjectName;
use remo_wire::ok::OkTrue;

use super::{Answer, Changed, Effects, internal, unknown};
use crate::audit::Event;
use crate::broker::Broker;
use crate::dispatch::manifest_state::{Judged, difference};
use crate::manifest_file;
use crate::registry::{Pin, ProjectKey};

/// The longest phrase of a difference in the audit log, in characters.
const RECORDED_PHRASE_MAX: usize = 160;

/// Reads and judges the manifest of a project, registered or not.
fn judge(broker: &Broker, name: &ProjectName) -> Judged {
    Judged::new(manifest_file::read(&broker.config.paths.projects_root, name), name)
}

/// Compares the file with the pin.
pub(super) fn compare(broker: &Broker, name: &ProjectName) -> Answer<ManifestResponse> {
    let project =
        broker.registry.key(name).and_then(|key| broker.registry.get(key)).ok_or_else(|| unknown(name))?;
    let judged = judge(broker, name);
    let state = judged.state(project.pin.as_ref());
    let pinned = project.pin.as_ref().map(|pin| pin.manifest.as_ref().clone());
    let mut response = ManifestResponse {
        ok: OkTrue,
        state,
        pinned,
        file: None,
        sha256: String::new(),
        added: Vec::new(),
        removed: Vec::new(),
        problems: Vec::new(),
    };
    match judged {
        Judged::Valid { sha256, manifest, .. } => {
            let difference = difference(project.pin.as_ref(), &manifest);
            response.sha256 = sha256;
            response.added = difference.added;
            response.removed = difference.removed;
            response.file = Some(manifest.as_ref().clone());
        }
        Judged::Missing(why) => response.problems = vec![why],
        Judged::Invalid { sha256, problems } => {
            response.sha256 = sha256;
            response.problems = problems;
        }
    }
    Ok(response)
}

/// Reads the manifest for approval. Nothing changes here.
pub(super) fn approvable(
    broker: &mut Broker,
    name: &ProjectName,
    expect_sha256: Option<&str>,
) -> Answer<Pin> {
    let judged = judge(broker, name);
    let read_sha256 = match &judged {
        Judged::Valid { sha256, .. } | Judged::Invalid { sha256, .. } => sha256.as_str(),
        Judged::Missing(_) => "",
    };
    if let Some(expected) = expect_sha256
        && !expected.eq_ignore_ascii_case(read_sha256)
    {
        let message = format!(
            "the manifest of {name} is not the one that was shown: it has changed since; look at it again with: \
             remo-reload {name}"
        );
        return Err(ErrorResponse::new(ErrorCode::ManifestChanged, message));
    }
    match judged {
        Judged::Valid { source, sha256, manifest } => {
            let approved_at = format!("{:.0}", Timestamp::now());
            Ok(Pin { source, sha256, approved_at, manifest })
        }
        Judged::Missing(why) => Err(ErrorResponse::new(
            ErrorCode::ManifestNotFound,
            format!("the manifest of {name} cannot be read: {why}"),
        )),
        Judged::Invalid { problems, .. } => {
            let problem_count = problems.len() as u64;
            broker.audit.record(&Event::ManifestInvalid { project: name.as_str(), problem_count });
            Err(ErrorResponse::new(ErrorCode::ManifestInvalid, problems.join("\n")))
        }
    }
}

/// Puts an approved manifest in force: on disk first, then in memory.
pub(super) fn approve(
    broker: &mut Broker,
    key: ProjectKey,
    pin: Pin,
    effects: &mut Effects,
) -> Answer<ReloadResponse> {
    let Some(project) = broker.registry.get(key) else {
        return Err(ErrorResponse::new(ErrorCode::InternalError, "the project is gone"));
    };
    let difference = difference(project.pin.as_ref(), &pin.manifest);
    let mut saved = Broker::saved_form(project, true);
    saved.pin = Some(crate::state::SavedPin {
        manifest: pin.source.clone(),
        sha256: pin.sha256.clone(),
        approved_at: pin.approved_at.clone(),
    });
    let view = broker.counters.next_view(&broker.state).map_err(|error| internal("save the view", &error))?;
    broker.state.save_project(&saved).map_err(|error| internal("save the pin", &error))?;

    let allowlist = pin.manifest.bindings.keys().cloned().collect();
    broker.audit.record(&Event::ManifestApproved {
        project: saved.name.as_str(),
        added: &shortened(&difference.added),
        removed: &shortened(&difference.removed),
        sha256: &pin.sha256,
    });
    if let Some(project) = broker.registry.get_mut(key) {
        project.approved(view, pin);
    }
    if let Some(project) = broker.registry.get(key) {
        broker.publish_pin(project);
    }
    effects.changed = Changed::Project(key);
    Ok(ReloadResponse {
        ok: OkTrue,
        allowlist,
        added: difference.added_names,
        removed: difference.removed_names,
    })
}

/// Approves what is read now.
pub(super) fn reload(
    broker: &mut Broker,
    name: &ProjectName,
    expect_sha256: Option<&str>,
    effects: &mut Effects,
) -> Answer<ReloadResponse> {
    let key = broker.registry.key(name).ok_or_else(|| unknown(name))?;
    let pin = approvable(broker, name, expect_sha256)?;
    approve(broker, key, pin, effects)
}

/// Phrases for the record: a template may be long, and its digest is recorded anyway.
fn shortened(phrases: &[String]) -> Vec<String> {
    phrases
        .iter()
        .map(|phrase| match phrase.char_indices().nth(RECORDED_PHRASE_MAX) {
            Some((end, _)) => format!("{}…", &phrase[..end]),
            None => phrase.clone(),
        })
        .collect()
}
