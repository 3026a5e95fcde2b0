//! A value changes, and a name goes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::holds;
use crate::try_out::ending::Stop;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// How long a change may take from the store to a file.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// How long the helper may take to write its first set.
const FIRST_SET: Duration = Duration::from_secs(5);

fn holds_exactly(file: &Path, content: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found == content)
}

/// A new value reaches a file by itself.
pub(in crate::try_out) fn rotates(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A secret is rotated",
        "Rotating a token should not mean restarting containers. The helper can stay and keep files fresh; each is \
         replaced in one step, so that nobody reads half of one.",
    )?;
    stage.starts_helper()?;
    stage.sees(FIRST_SET, "the helper should write ~/.aws/credentials", |place| {
        holds_exactly(&place.home().join(samples::AWS_FILE), &samples::aws_file(1))
    })?;
    stage.types(Side::Demo, "cat ~/.aws/credentials")?.exits(0)?.says(&samples::aws_file(1))?;
    let typed = format!("{} set {}", stage.keeper(), samples::AWS);
    stage.types_with_sample(&typed, &samples::aws(2))?.exits(0)?.says(samples::AWS)?;
    let waited = stage.sees(FRESH, "the new value should reach ~/.aws/credentials", |place| {
        holds_exactly(&place.home().join(samples::AWS_FILE), &samples::aws_file(2))
    })?;
    stage.watcher_says("(the store changed)")?;
    stage.types(Side::Demo, "cat ~/.aws/credentials")?.exits(0)?.says(&samples::aws_file(2))?;
    stage.story.checked(&format!("the new value was in the file after {} ms", waited.as_millis()))
}

/// A name that is gone from the vault is gone from the project.
pub(in crate::try_out) fn revokes(stage: &mut Stage) -> Result<(), Stop> {
    let file = |home: &Path| home.join(samples::REGISTRY_FILE);
    stage.story.chapter(
        "A secret is revoked",
        "What is removed from the vault disappears from every project that had it: a push replaces the whole snapshot.",
    )?;
    stage.types(Side::Demo, "cat ~/.config/registry/token; echo")?.exits(0)?.says(samples::REGISTRY.1)?;
    stage.types(Side::Vault, &format!("{} remove {}", stage.keeper(), samples::REGISTRY.0))?.exits(0)?;
    let waited = stage.sees(FRESH, "the revoked file should disappear", |place| {
        file(&place.home()).symlink_metadata().is_err()
    })?;
    stage.watcher_says("(the store changed)")?;
    stage.types(Side::Demo, "cat ~/.config/registry/token")?.exits(1)?.does_not_say(samples::MARK)?;
    stage
        .types(Side::Demo, "remo-fetch-secrets check")?
        .exits(0)?
        .says(&format!("{}  left out", samples::REGISTRY.0))?;
    holds(file(&stage.place.home()).symlink_metadata().is_err(), || "the revoked file came back".to_owned())?;
    stage.story.checked(&format!(
        "the file was gone after {} ms; it was optional, so the project still starts",
        waited.as_millis()
    ))
}
