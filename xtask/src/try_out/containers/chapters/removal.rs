//! A project goes.

use super::holds;
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

/// Deletes a project, and looks for what could be left of it.
pub(in crate::try_out::containers) fn deletes(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A project is deleted",
        "Its container, its folder and its socket go; an approval of its name holds for nothing that comes later.",
    )?;
    stage.types(Side::Host, "remo delete web --yes web")?.exits(0)?.says("web is deleted")?;
    stage.types(Side::Host, "ls $TRY/projects $TRY/run")?.exits(0)?.does_not_say("web")?;
    let left = stage.quietly(Side::Host, "docker ps --all --filter label=devcontainer.local_folder --format '{{.Label \"devcontainer.local_folder\"}}'")?;
    holds(!left.exits(0)?.output().contains("/web"), || "a container of web is left".to_owned())?;
    stage.types(Side::In("api"), "remo-fetch-secrets check")?.exits(0)?;
    stage.story.checked("nothing of web is left, and api goes on")
}
