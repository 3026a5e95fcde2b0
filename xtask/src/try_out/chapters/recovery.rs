//! A broker that dies, and a broker that is told to forget.

use std::time::Duration;

use super::approval::UNAVAILABLE;
use super::change::FRESH;
use super::holds;
use crate::try_out::ending::Stop;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// From the start of a new broker to a store that is filled again (specification, section 10: 2 s).
const RECOVERED: Duration = Duration::from_secs(2);

/// Names that were pushed last.
const PUSHED: u64 = 3;

/// A kill, a restart, and everything is back: so many secrets of the user that are `stored`, and that are `approved`.
pub(in crate::try_out) fn restarts(stage: &mut Stage, stored: usize, approved: usize) -> Result<(), Stop> {
    stage.story.chapter(
        "The broker dies",
        "Secrets are nowhere on disk, so a broker that was killed comes back empty. Projects come back from what was \
         approved, and the vault pushes again as soon as the broker answers.",
    )?;
    stage.types(Side::Host, "kill -9 $BROKER")?.exits(0)?;
    stage.story.aside("($BROKER is its process number)")?;
    stage.broker_is_gone();
    let ready = stage.starts_broker()?;
    let filled = stage.watcher_says("(the broker is back)")?;
    holds(ready + filled <= RECOVERED, || {
        format!("the store should be filled within 2 s, and took {} ms", (ready + filled).as_millis())
    })?;
    stage.watcher_reports()?;
    stage.types(Side::Vault, "remo-vend-status")?.exits(0)?.says("All is well.")?;
    stage
        .quietly_asks_admin(r#"{"op":"status"}"#)?
        .has("/secret_count", PUSHED + stored as u64)?
        .has("/projects/0/name", "demo")?
        .has("/projects/0/allowlist_size", PUSHED + approved as u64)?
        .has("/projects/0/manifest", "changed")?;
    stage
        .types(Side::Demo, r#"remo-fetch-secrets exec -- sh -c 'echo "SAMPLE_TOKEN is $SAMPLE_TOKEN"'"#)?
        .exits(0)?
        .says(samples::TOKEN.1)?;
    stage.story.checked(&format!(
        "the project and all secrets were back after {} ms, and the edited manifest still counts for nothing",
        (ready + filled).as_millis()
    ))
}

/// The store is emptied on purpose, and filled again on purpose only.
pub(in crate::try_out) fn clears(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "The broker is told to forget",
        "In an emergency one command takes every secret away from every project. The watcher respects that: only a \
         deliberate push fills the broker again.",
    )?;
    stage.types(Side::Vault, "remo-vault clear")?.exits(0)?;
    let waited = stage.sees(FRESH, "the file should disappear from the project", |place| {
        place.home().join(samples::AWS_FILE).symlink_metadata().is_err()
    })?;
    stage
        .types(Side::Demo, "remo-fetch-secrets check")?
        .exits(UNAVAILABLE)?
        .says("FAILS")?
        .does_not_say(samples::MARK)?;
    stage
        .story
        .checked(&format!("nothing is given, and the file was gone after {} ms", waited.as_millis()))?;
    stage.story.gap()?;
    stage.types(Side::Vault, "remo-vault push")?.exits(0)?.says("pushed")?;
    stage.types(Side::Demo, "remo-fetch-secrets check")?.exits(0)?;
    stage.story.checked("everything is there again")
}
