//! `remo-reload`: shows what a manifest asks for beyond what was approved, asks, and approves exactly that.

use remo_present::approval::Shown;
use remo_wire::admin::{AdminRequest, ListResponse, ManifestResponse, ManifestState, ReloadResponse};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use remo_wire::names::{ProjectName, SecretName};
use serde::Serialize;

use super::{json, project_name, unknown_project};
use crate::cli::ReloadCommandLine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::overview::PATIENCE;
use crate::present::{width, wrapped};
use crate::question;

/// The answer as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    project: &'a ProjectName,
    /// The manifest before this command.
    manifest: ManifestState,
    /// What was shown, and what an approval refers to.
    sha256: &'a str,
    added: &'a [String],
    removed: &'a [String],
    problems: &'a [String],
    /// Whether this command approved it.
    approved: bool,
    /// What the project may have now; `null` when nothing was approved by this command.
    allowlist: Option<&'a [SecretName]>,
    /// What it may have, but the broker does not; `null` likewise.
    missing: Option<&'a [SecretName]>,
}

/// How a look at the manifest ended.
enum Ended {
    Done(ExitStatus),
    /// Another file than the one that was shown.
    ChangedMeanwhile,
}

pub(super) fn run(command_line: &ReloadCommandLine) -> Result<ExitStatus, Failure> {
    let name = project_name(&command_line.name)?;
    let mut client = Client::connect_within(&command_line.locations.admin_socket, PATIENCE)?;
    // The first answer says which version the broker speaks.
    let status = client.status()?;
    if !status.projects.iter().any(|project| project.name == name) {
        let known: Vec<_> = status.projects.into_iter().map(|project| project.name).collect();
        return Err(unknown_project(&name, &known));
    }
    loop {
        match once(&mut client, &name, command_line)? {
            Ended::Done(status) => return Ok(status),
            Ended::ChangedMeanwhile if command_line.yes => {
                return Err(Failure::new(format!(
                    "the manifest of {name} changed while it was read; nothing was approved"
                ))
                .hint(format!("see what it asks for now: remo-reload {name}")));
            }
            Ended::ChangedMeanwhile => {
                output::note(&format!(
                    "the manifest of {name} changed while you read it; nothing was approved. It asks for this now:"
                ));
            }
        }
    }
}

/// Shows, asks and approves once.
fn once(client: &mut Client, name: &ProjectName, command_line: &ReloadCommandLine) -> Result<Ended, Failure> {
    let manifest: ManifestResponse = client.request(&AdminRequest::Manifest { name: name.clone() })?;
    let shown = Shown::new(name, &manifest, "remo-reload");
    let as_json = command_line.answer.json;
    // What is approved is seen on the terminal, also when standard output goes to a program.
    let text = shown.text(width());
    if as_json {
        output::note(text.trim_end());
    } else {
        output::data(text.as_bytes())?;
    }
    let answer = |approved: Option<(&[SecretName], &[SecretName])>| {
        if !as_json {
            return Ok(());
        }
        json(&Answer {
            project: name,
            manifest: manifest.state,
            sha256: &manifest.sha256,
            added: &manifest.added,
            removed: &manifest.removed,
            problems: &manifest.problems,
            approved: approved.is_some(),
            allowlist: approved.map(|(allowlist, _)| allowlist),
            missing: approved.map(|(_, missing)| missing),
        })
    };
    if manifest.state == ManifestState::Pinned {
        answer(None)?;
        return Ok(Ended::Done(ExitStatus::Success));
    }
    if manifest.file.is_none() {
        answer(None)?;
        return Ok(Ended::Done(ExitStatus::Failure));
    }
    if !command_line.yes && !agreed(name)? {
        answer(None)?;
        output::note("nothing was approved");
        return Ok(Ended::Done(ExitStatus::Failure));
    }
    let reload = AdminRequest::Reload { name: name.clone(), expect_sha256: Some(manifest.sha256.clone()) };
    let approved: ReloadResponse = match client.request(&reload) {
        Err(ClientError::Refused(refusal))
            if matches!(
                refusal.code,
                ErrorCode::ManifestChanged | ErrorCode::ManifestInvalid | ErrorCode::ManifestNotFound
            ) =>
        {
            return Ok(Ended::ChangedMeanwhile);
        }
        other => other?,
    };
    let ListResponse { secrets, .. } = client.request(&AdminRequest::List)?;
    let mut missing = approved.allowlist.clone();
    missing.retain(|name| !secrets.iter().any(|secret| secret.name == *name));
    answer(Some((&approved.allowlist, &missing)))?;
    if !as_json {
        output::data(outcome(name, &approved.allowlist, &missing).as_bytes())?;
    }
    Ok(Ended::Done(ExitStatus::Success))
}

/// Asks on the terminal. Anything but a yes is a no.
fn agreed(name: &ProjectName) -> Result<bool, Failure> {
    question::agreed(&format!("Approve exactly this for {name}?"), || {
        Failure::usage("nothing was approved: there is no terminal to ask on")
            .hint(format!("approve it without a question: remo-reload {name} --yes"))
    })
}

/// What is in force now.
fn outcome(name: &ProjectName, allowlist: &[SecretName], missing: &[SecretName]) -> String {
    let names = |names: &[SecretName]| names.iter().map(SecretName::as_str).collect::<Vec<_>>().join(", ");
    let width = width();
    let mut text = if allowlist.is_empty() {
        wrapped("", &format!("Approved: {name} gets no secret."), width)
    } else {
        wrapped("", &format!("Approved: {name} may have {}.", names(allowlist)), width)
    };
    if let Some(first) = missing.first() {
        text += &wrapped("- ", &format!("not in the broker: {}", names(missing)), width);
        text += &wrapped(
            "  > ",
            &format!("store it: remo-vault set {first}, or push what is stored: remo-vault push"),
            width,
        );
    }
    text
}
