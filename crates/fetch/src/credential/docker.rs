//! docker and its like: `get`, `store`, `erase` and `list`, with the registry on standard input.
//!
//! The tools take an error's words from standard output, and know two of them by heart.

use std::collections::BTreeMap;

use remo_manifest::helper::{DOCKER_HUB, DOCKER_HUB_URL};
use remo_secret::Secret;
use remo_wire::binding::{Account, DockerHelper, HelperTarget};
use serde::Serialize;

use super::{Desk, input, line};
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::report;

/// The words by which the tools know that they have to go on without credentials.
const NOT_FOUND: &[u8] = b"credentials not found in native keychain\n";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    username: &'a str,
    secret: &'a str,
}

pub(super) fn answer(desk: &Desk<'_>, operation: &str) -> Result<ExitStatus, Failure> {
    let answered = match operation {
        "get" => get(desk),
        "list" => list(desk),
        "version" => report::data(concat!("remo ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())
            .map(|()| ExitStatus::Success),
        "store" | "erase" => Err(Failure::unavailable("credentials of this container are kept in the vault")
            .hint("log in there: remo-login docker; then name the secret in .remo/manifest.toml")),
        _ => Err(Failure::usage("this helper knows get, list, store, erase and version")),
    };
    answered.or_else(|failure| {
        let text = failure.to_string();
        let problem = text.lines().next().unwrap_or_default();
        report::data(format!("{problem}\n").as_bytes())?;
        Err(failure)
    })
}

fn get(desk: &Desk<'_>) -> Result<ExitStatus, Failure> {
    let text = input::read(desk.left())?;
    let asked = text.expose_text().map(|text| text.strip_suffix('\n').unwrap_or(text)).unwrap_or_default();
    if asked.is_empty() {
        return Err(Failure::usage("the request names no registry")
            .hint("this is called by docker; by hand: printf ghcr.io | docker-credential-remo get"));
    }
    let is_for = |target: &HelperTarget| matches!(target, HelperTarget::Docker(docker) if names(&docker.registry).any(|name| name == asked));
    let Some(mut approved) = desk.approved(is_for)? else {
        report::data(NOT_FOUND)?;
        return Ok(ExitStatus::NothingApproved);
    };
    let HelperTarget::Docker(DockerHelper { account, .. }) = approved.target.clone() else {
        return Ok(ExitStatus::NothingApproved);
    };
    let (username, password) = desk.login(&mut approved, &account)?;
    let answer = Answer {
        server_url: asked,
        username: line(&approved.name, "user name", &username)?,
        secret: line(&approved.name, "password", &password)?,
    };
    let answer =
        serde_json::to_vec(&answer).map_err(|error| Failure::internal("write the answer", &error))?;
    report::data(Secret::new(answer).expose())?;
    Ok(ExitStatus::Success)
}

/// Registries with their user names, as far as they are known without fetching a secret.
fn list(desk: &Desk<'_>) -> Result<ExitStatus, Failure> {
    let (_, helpers) = desk.pinned()?;
    let mut listed = BTreeMap::new();
    for (_, target) in &helpers {
        if let HelperTarget::Docker(DockerHelper { registry, account }) = target {
            let username = match account {
                Account::Username { username } => username.as_str(),
                Account::Fields { .. } => "",
            };
            // By the name that docker itself has for it.
            listed.insert(names(registry).next_back().unwrap_or(registry), username);
        }
    }
    let listed =
        serde_json::to_string(&listed).map_err(|error| Failure::internal("write the list", &error))?;
    report::data(format!("{listed}\n").as_bytes())?;
    Ok(ExitStatus::Success)
}

/// All names by which tools ask for a registry. docker's own is the last.
pub(super) fn names(registry: &str) -> impl DoubleEndedIterator<Item = &str> {
    let hub = (registry == DOCKER_HUB).then_some(DOCKER_HUB_URL);
    std::iter::once(registry).chain(hub)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_docker_hub_has_two_names() {
        assert_eq!(names("docker.io").collect::<Vec<_>>(), ["docker.io", "https://index.docker.io/v1/"]);
        assert_eq!(names("ghcr.io").collect::<Vec<_>>(), ["ghcr.io"]);
    }
}
