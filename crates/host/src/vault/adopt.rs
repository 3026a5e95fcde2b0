//! Telling which container is the vault's: by its id, once it was made.

use remo_wire::names::VAULT_NAME;
use serde::Deserialize;

use crate::containers::{Container, Store};
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    user: String,
    working_dir: String,
}

/// Remembers the container with this id as the vault's.
pub fn adopt(places: &Places, id: &str) -> Result<ExitStatus, Failure> {
    let engine = Engine::new(places)?;
    let found = engine.inspect(id).map_err(|failure| {
        if crate::containers::is_container_id(id) {
            failure
        } else {
            Failure::usage(
                "the vault is named by the whole id of its container: a name could be taken by another one",
            )
            .hint("see it: docker inspect --format {{.Id}} NAME")
        }
    })?;
    let found = found.ok_or_else(|| {
        Failure::new("there is no container with this id").hint("see the ids: docker ps --all --no-trunc")
    })?;
    if let Some(project) = found.project() {
        return Err(Failure::new(format!("that container was made for the project {project}"))
            .hint("take the id of the vault's container"));
    }
    let failed = |problem: String| Failure::new(format!("docker: {problem}"));
    let answer =
        engine.ask(&["container", "inspect", "--format", "{{json .Config}}", "--", id]).map_err(failed)?;
    let config: Config = serde_json::from_str(&answer).map_err(|error| failed(error.to_string()))?;
    let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
    let container = Container {
        id: found.id,
        user: or(config.user, "0"),
        folder: or(config.working_dir, "/"),
        started_at: found.state.started_at,
        view: None,
        configuration: None,
    };
    Store::open(&places.state)?.change(VAULT_NAME, |history| {
        history.container = Some(container);
        history.vault_settings = None;
    })?;
    output::note(&format!("{VAULT_NAME} is that container: remo shell -p {VAULT_NAME}"));
    Ok(ExitStatus::Success)
}
