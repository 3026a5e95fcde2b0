//! Attempts of a project to get more than was approved.

use super::approval::NO;
use super::holds;
use crate::try_out::ending::Stop;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

const GET_FORBIDDEN: &str = r#"{"op":"get","name":"sample_forbidden"}"#;

/// A name that the vault has and the pin has not.
pub(in crate::try_out) fn outside(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "An attempt outside of what was approved",
        "Code in the container is free to speak to its socket directly. It gets what was approved for this project \
         and nothing else, whatever the vault holds.",
    )?;
    let denied = stage.asks_as_project(GET_FORBIDDEN)?;
    holds(!denied.line().contains(samples::MARK), || "a value was vended that was not approved".to_owned())?;
    denied.has("/ok", false)?.has("/code", "denied")?;
    stage.story.checked("denied, and on record")
}

/// An edit of the manifest changes nothing.
pub(in crate::try_out) fn edited(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "An edited manifest",
        "So the code writes its wish into the manifest. The broker goes by what was approved; the difference is \
         shown to the person who would have to approve it.",
    )?;
    stage.types(Side::Demo, r"printf '\n[secrets.sample_forbidden]\n' >> .remo/manifest.toml")?.exits(0)?;
    let denied = stage.asks_as_project(GET_FORBIDDEN)?;
    holds(!denied.line().contains(samples::MARK), || "editing the manifest was enough".to_owned())?;
    denied.has("/code", "denied")?;
    stage
        .types(Side::Vault, "remo-test-project demo")?
        .exits(NO)?
        .says(&format!("does not get what it requires: {}", samples::FORBIDDEN.0))?;
    let shown = stage.quietly_asks_admin(r#"{"op":"manifest","name":"demo"}"#)?.has("/state", "changed")?;
    holds(shown.texts("/added") == ["sample_forbidden: variable SAMPLE_FORBIDDEN, required"], || {
        format!("the difference should be the one new name, and is {:?}", shown.texts("/added"))
    })?;
    stage.story.checked("still denied, and the edit is in sight")
}
