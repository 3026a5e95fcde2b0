//! What the broker has to know before a project starts, and what a person has to approve.

use std::os::unix::fs::MetadataExt as _;

use remo_present::approval::Shown;
use remo_present::width;
use remo_wire::admin::{
    AdminRequest, ManifestResponse, ManifestState, Register, RegisterResponse, ReloadResponse,
};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use remo_wire::names::ProjectName;

use crate::containers::History;
use crate::failure::Failure;
use crate::places::Places;
use crate::project::Project;
use crate::{output, question};

/// How a person agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// By an answer on the terminal; without a terminal nobody does.
    Ask,
    /// By the command line, for scripts.
    Given,
}

/// What a start gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// The project has no manifest, and nothing is approved for it: it starts without the feature.
    None,
    /// What is pinned. The number is the project's view at this moment.
    Pinned(u64),
}

/// Connects to the broker's control plane and compares versions.
pub fn connect(places: &Places) -> Result<Client, Failure> {
    let mut client = Client::connect(&places.admin_socket)?;
    client.status()?;
    Ok(client)
}

/// Makes the project known to the broker, with the users that may fetch for it.
pub fn register(
    client: &mut Client,
    project: &Project,
    name: &ProjectName,
    history: &History,
) -> Result<(), Failure> {
    let path =
        project.path.to_str().ok_or_else(|| Failure::new("the path of the project is not UTF-8"))?.to_owned();
    let owner = std::fs::metadata(&project.path)
        .map_err(|error| Failure::at("look at", &project.path, &error))?
        .uid();
    let mut users = history.users.clone();
    users.push(owner);
    users.sort_unstable();
    users.dedup();
    let register =
        Register { name: name.clone(), project_path: path, allowed_uids: Some(users), approve: false };
    let _: RegisterResponse = client.request(&AdminRequest::Register(register))?;
    Ok(())
}

/// The comparison of a project's manifest with what is in force.
pub fn manifest(client: &mut Client, name: &ProjectName) -> Result<ManifestResponse, Failure> {
    Ok(client.request(&AdminRequest::Manifest { name: name.clone() })?)
}

/// How a look at a manifest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// It is in force, exactly as it was shown.
    InForce,
    /// A person did not agree, or nobody could be asked.
    Declined,
    /// There is nothing that could be approved.
    Nothing,
}

/// Shows what approving the manifest would change, asks, and approves exactly what was shown. A pin that is `stale`
/// counts as none.
pub fn approve(
    client: &mut Client,
    name: &ProjectName,
    stale: bool,
    consent: Consent,
) -> Result<Approval, Failure> {
    loop {
        let mut manifest = manifest(client, name)?;
        if manifest.state == ManifestState::Pinned && !stale {
            return Ok(Approval::InForce);
        }
        if stale && manifest.file.is_some() {
            manifest.pinned = None;
            manifest.state = ManifestState::Unapproved;
        }
        output::note(Shown::new(name, &manifest, "remo trust").text(width()).trim_end());
        if manifest.file.is_none() {
            return Ok(Approval::Nothing);
        }
        let agreed = match consent {
            Consent::Given => true,
            Consent::Ask if !question::is_possible() => return Ok(Approval::Declined),
            Consent::Ask => question::agreed(&format!("Approve exactly this for {name}?"))?,
        };
        if !agreed {
            return Ok(Approval::Declined);
        }
        let reload =
            AdminRequest::Reload { name: name.clone(), expect_sha256: Some(manifest.sha256.clone()) };
        match client.request::<_, ReloadResponse>(&reload) {
            Ok(_) => return Ok(Approval::InForce),
            Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::ManifestChanged => {
                if consent == Consent::Given {
                    return Err(Failure::new(format!("the manifest of {name} changed while it was read"))
                        .hint(format!("see what it asks for now: remo trust {name}")));
                }
                output::note("It changed while you read it; nothing was approved. It asks for this now:");
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Everything about secrets that has to be settled before `project` starts.
pub fn settle(
    client: &mut Client,
    project: &Project,
    name: &ProjectName,
    history: &History,
    consent: Consent,
) -> Result<Secrets, Failure> {
    register(client, project, name, history)?;
    let found = manifest(client, name)?;
    let pinned = found.pinned.is_some() && !history.pin_is_stale;
    if found.state == ManifestState::Missing && !pinned {
        output::note(&format!("{name} has no manifest (.remo/manifest.toml): it starts without secrets"));
        return Ok(Secrets::None);
    }
    if found.state != ManifestState::Pinned || history.pin_is_stale {
        match approve(client, name, history.pin_is_stale, consent)? {
            Approval::InForce => {}
            _ if pinned => output::note(&format!("{name} starts with what was approved before")),
            _ => {
                return Err(Failure::new(format!(
                    "nothing is approved for {name}: its container would stop at the first secret"
                ))
                .hint(format!("see what it asks for, and approve it: remo trust {name}")));
            }
        }
    }
    view(client, name).map(|view| Secrets::Pinned(view.unwrap_or_default()))
}

/// The project's view now.
pub fn view(client: &mut Client, name: &ProjectName) -> Result<Option<u64>, Failure> {
    let status = client.status()?;
    Ok(status.projects.iter().find(|project| project.name == *name).map(|project| project.view))
}
