//! A project asks, and a person approves.

use std::fs;

use super::holds;
use crate::failure::Failure;
use crate::try_out::ending::Stop;
use crate::try_out::own::Own;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// What a manifest begins with.
const HEADER: &str = "schema_version = 1\nproject        = \"demo\"\n";

/// What the helper ends with when something required is not available.
pub(super) const UNAVAILABLE: i32 = 69;

/// A project with a manifest, registered and not approved.
pub(in crate::try_out) fn asks(stage: &mut Stage, own: &[Own], samples: bool) -> Result<(), Stop> {
    let own: String = own.iter().map(Own::binding).collect();
    let bindings = if samples { samples::BINDINGS } else { "" };
    fs::write(stage.place.manifest(), format!("{HEADER}{bindings}{own}"))
        .map_err(Failure::because("cannot write the manifest"))?;
    stage.story.chapter(
        "A project asks",
        "A manifest in the project says which secrets it wants, and as what. Anybody who can write to the project, \
         malicious packages included, can write that file, so by itself it is only a request.",
    )?;
    stage.types(Side::Demo, "cat .remo/manifest.toml")?.exits(0)?;
    let path = stage.place.project();
    let request = format!(r#"{{"op":"register","name":"demo","project_path":"{}"}}"#, path.display());
    let answer = stage.asks_admin(&request)?;
    stage.story.output(answer.line())?;
    answer.has("/approved", false)?;
    stage.types(Side::Demo, "remo-fetch-secrets check")?.exits(UNAVAILABLE)?.says("not approved")?;
    stage.story.checked("registered, and nothing is given (exit status 69)")
}

/// The difference in words, and the approval of exactly that.
pub(in crate::try_out) fn approves(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A person approves",
        "On the instance, where no container can reach, the broker tells what approving would change. The approval \
         names the digest of the content that was shown, so that it cannot be swapped in between.",
    )?;
    let shown = stage.asks_admin(r#"{"op":"manifest","name":"demo"}"#)?;
    for problem in shown.texts("/problems") {
        stage.story.output(problem)?;
    }
    if !shown.texts("/problems").is_empty() {
        return Err(Failure::new("the manifest cannot be approved, for the reasons above")
            .hint("a variable of yours gets the name of its secret: give it another name, or leave it out")
            .into());
    }
    let shown = shown.has("/state", "unapproved")?;
    stage.story.output("state: unapproved")?;
    for added in shown.texts("/added") {
        stage.story.output(&format!("added: {added}"))?;
    }
    let digest = shown.part("/sha256").as_str().unwrap_or_default().to_owned();
    stage.story.output(&format!("sha256: {digest}"))?;
    let request = format!(r#"{{"op":"reload","name":"demo","expect_sha256":"{digest}"}}"#);
    let answer = stage.asks_admin(&request)?;
    stage.story.output(answer.line())?;
    let answer = answer.has("/ok", true)?;
    let allowed = answer.texts("/allowlist");
    holds(allowed.len() == shown.texts("/added").len(), || {
        format!("approved should be what was shown, and is {allowed:?}")
    })?;
    holds(!allowed.contains(&samples::FORBIDDEN.0), || {
        "a name was approved that nobody asked for".to_owned()
    })?;
    stage.story.checked("approved is what was shown, and it is kept: the file does not govern any more")
}
