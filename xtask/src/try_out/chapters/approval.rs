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

/// What a command in the vault ends with when the answer is no.
pub(super) const NO: i32 = 1;

/// A project with a manifest, registered and not approved.
///
/// Returns those of the user's own secrets that it asks for: one whose variable is reserved is left out.
pub(in crate::try_out) fn asks(stage: &mut Stage, own: Vec<Own>, samples: bool) -> Result<Vec<Own>, Stop> {
    write(stage, &own, samples)?;
    let path = stage.place.project();
    let request = format!(r#"{{"op":"register","name":"demo","project_path":"{}"}}"#, path.display());
    let (own, reserved) = without_reserved(stage, own, &request)?;
    if !reserved.is_empty() {
        if own.is_empty() && !samples {
            return Err(Failure::new(format!(
                "nothing is left to give to your command: {reserved} is reserved"
            ))
            .hint("a variable that steers programs is never a secret; give it to the command yourself")
            .into());
        }
        write(stage, &own, samples)?;
    }
    stage.story.chapter(
        "A project asks",
        "A manifest in the project says which secrets it wants, and as what. Anybody who can write to the project, \
         malicious packages included, can write that file, so by itself it is only a request.",
    )?;
    if !reserved.is_empty() {
        stage.story.aside(&format!(
            "(left out of it: {reserved}. Such a variable makes a program run something, or another one, so no project \
             may ask for it)"
        ))?;
    }
    stage.types(Side::Demo, "cat .remo/manifest.toml")?.exits(0)?;
    let answer = stage.asks_admin(&request)?;
    stage.story.output(answer.line())?;
    answer.has("/approved", false)?;
    stage.types(Side::Demo, "remo-fetch-secrets check")?.exits(UNAVAILABLE)?.says("not approved")?;
    stage.story.checked("registered, and nothing is given (exit status 69)")?;
    Ok(own)
}

fn write(stage: &Stage, own: &[Own], samples: bool) -> Result<(), Failure> {
    let own: String = own.iter().map(Own::binding).collect();
    let bindings = if samples { samples::BINDINGS } else { "" };
    fs::write(stage.place.manifest(), format!("{HEADER}{bindings}{own}"))
        .map_err(Failure::because("cannot write the manifest"))
}

/// Has the broker judge the manifest; takes out what would become a reserved variable, and names it.
fn without_reserved(stage: &Stage, own: Vec<Own>, register: &str) -> Result<(Vec<Own>, String), Stop> {
    if own.is_empty() {
        return Ok((own, String::new()));
    }
    stage.quietly_asks_admin(register)?.has("/ok", true)?;
    let judged = stage.quietly_asks_admin(r#"{"op":"manifest","name":"demo"}"#)?;
    stage.quietly_asks_admin(r#"{"op":"unregister","name":"demo"}"#)?.has("/ok", true)?;
    let problems = judged.texts("/problems").join("\n");
    let is_reserved = |own: &Own| {
        own.variables().iter().any(|name| problems.contains(&format!("`{name}` is a reserved variable")))
    };
    let (reserved, own): (Vec<Own>, Vec<Own>) = own.into_iter().partition(is_reserved);
    Ok((own, reserved.iter().map(Own::name).collect::<Vec<_>>().join(", ")))
}

/// The difference in words, and the approval of exactly that.
pub(in crate::try_out) fn approves(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A person approves",
        "In the vault, where no project can reach, a person sees what approving would change. Approved is exactly the \
         content that was shown: when the file changes in between, nothing is.",
    )?;
    let asked = stage.quietly_asks_admin(r#"{"op":"manifest","name":"demo"}"#)?;
    if !asked.texts("/problems").is_empty() {
        stage.types(Side::Vault, "remo-reload demo --yes")?;
        return Err(Failure::new("the manifest cannot be approved, for the reasons above")
            .hint("a variable of yours gets the name of its secret: give it another name, or leave it out")
            .into());
    }
    stage.types(Side::Vault, "remo-test-project demo")?.exits(NO)?.says("unapproved")?;
    stage
        .types(Side::Vault, "remo-reload demo --yes")?
        .exits(0)?
        .says("Approved: demo may have ")?
        .does_not_say(samples::FORBIDDEN.0)?;
    stage.story.aside("(without --yes it asks)")?;
    let pinned = stage.quietly_asks_admin(r#"{"op":"manifest","name":"demo"}"#)?.has("/state", "pinned")?;
    holds(pinned.part("/sha256") == asked.part("/sha256"), || {
        "another content was approved than the project asked for".to_owned()
    })?;
    stage.types(Side::Vault, "remo-test-project demo")?.exits(0)?;
    stage.story.checked("approved is what was shown, and it is kept: the file does not govern any more")
}
