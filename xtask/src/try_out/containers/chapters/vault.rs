//! The vault, and what is in it.

use crate::try_out::containers::samples::{self, MARK};
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

/// Fills it.
pub(in crate::try_out::containers) fn is_filled(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "The vault",
        "The vault is the one place that is trusted with all of them. What is stored is encrypted, and its watcher \
         hands the whole store to the broker, now and at every change.",
    )?;
    stage.types(Side::Vault, "remo-vault key ensure --allow-plaintext")?.exits(0)?.says("age1")?;
    stage.types_with_sample("remo-vault set forge_token", &samples::token(1))?.exits(0)?;
    stage.types_with_sample("remo-vault set aws", &samples::aws(1))?.exits(0)?;
    stage.types_with_sample("remo-vault set deploy_key", samples::DEPLOY_KEY)?.exits(0)?;
    stage.starts_watcher()?;
    stage
        .types(Side::Vault, "remo-list-creds")?
        .exits(0)?
        .says("forge_token")?
        .says("deploy_key")?
        .does_not_say(MARK)?;
    stage.story.checked("three secrets, and the broker has them; nothing shows a value")
}
