//! Broker and vault go and come back while projects run.

use super::{holds, running};
use crate::try_out::containers::samples;
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

/// A broker that is killed.
pub(in crate::try_out::containers) fn restarts(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "The broker dies while projects run",
        "The broker keeps no value on the disk, so a new one starts empty. It knows its projects from what was \
         approved, the vault pushes as soon as it answers, and the containers fetch again through the same mounts.",
    )?;
    let before = running(stage)?;
    stage.types(Side::Host, "kill -9 $BROKER")?.exits(0)?;
    stage.story.aside("($BROKER is its process number)")?;
    stage.broker_is_gone();
    stage.starts_broker()?;
    stage.is_supplied()?;
    for project in ["web", "api"] {
        stage.types(Side::In(project), "remo-fetch-secrets check")?.exits(0)?;
    }
    stage.types(Side::In("api"), "cat ~/.config/deploy/key; echo")?.exits(0)?.says(samples::DEPLOY_KEY)?;
    holds(before == running(stage)?, || "no container should have been restarted".to_owned())?;
    stage.story.checked("both projects fetch again, and no container was restarted")
}
