//! The chapters, in their order. Each shows something and fails when it is not so.

use super::stage::{Side, Stage};
use crate::failure::Failure;
use crate::try_out::ending::Stop;

pub(super) mod change;
pub(super) mod instance;
pub(super) mod isolation;
pub(super) mod projects;
pub(super) mod recovery;
pub(super) mod removal;
pub(super) mod tools;
pub(super) mod vault;

/// What the helper ends with when something required is not available.
const UNAVAILABLE: i32 = 69;

/// Fails when what the story says is not so.
fn holds(condition: bool, otherwise: impl FnOnce() -> String) -> Result<(), Stop> {
    if condition { Ok(()) } else { Err(Failure::new(otherwise()).into()) }
}

/// Containers that run, and since when: what a restart changes.
fn running(stage: &Stage) -> Result<String, Stop> {
    let typed = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' $(docker ps --quiet --filter label=devcontainer.local_folder)";
    Ok(stage.quietly(Side::Host, typed)?.exits(0)?.output().to_owned())
}
