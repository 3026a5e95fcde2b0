//! Everything is on record, and no value is anywhere at rest.

use super::holds;
use crate::try_out::ending::Stop;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// What happened besides fetches, in the order of the story.
const EVENTS: [&str; 8] = [
    "started",
    "secrets.pushed",
    "project.registered",
    "manifest.approved",
    "started",
    "secrets.pushed",
    "secrets.cleared",
    "secrets.pushed",
];

/// How often the story asked for what was not approved.
const ATTEMPTS: usize = 2;

/// The audit log of all that, and a search for values in everything that was written.
pub(in crate::try_out) fn shows(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "It is all on record",
        "The broker writes one line for each secret that was asked for, given or denied, before the answer leaves; \
         and one for everything that changed what could be given.",
    )?;
    let told = stage
        .types(
            Side::Host,
            "remo-broker audit --config $TRY/broker.toml --event started --event project.registered --event \
             manifest.approved --event secrets.pushed --event secrets.cleared",
        )?
        .exits(0)?;
    let mut events = told.output().lines().filter_map(|line| line.split_whitespace().nth(1));
    for expected in EVENTS {
        holds(events.any(|event| event == expected), || {
            format!("the record should show {expected} in its order")
        })?;
    }
    let denied = stage
        .types(Side::Host, "remo-broker audit --config $TRY/broker.toml --event fetch | grep decision=deny")?
        .exits(0)?
        .says("reason=unapproved project")?;
    let denied = denied
        .output()
        .lines()
        .filter(|line| {
            ["reason=not in the pin", "secret_name=sample_forbidden"]
                .iter()
                .all(|detail| line.contains(detail))
        })
        .count();
    holds(denied == ATTEMPTS, || format!("{ATTEMPTS} attempts should be on record, and {denied} are"))?;
    let given = stage
        .types(
            Side::Host,
            r#"remo-broker audit --config $TRY/broker.toml --event fetch --json | grep -c '"outcome":"ok"'"#,
        )?
        .exits(0)?;
    let given: u64 = given.output().trim().parse().unwrap_or_default();
    holds(given > 0, || "what was given should be on record".to_owned())?;
    stage
        .story
        .checked(&format!("{given} times a secret was given, and every attempt to get more is there"))?;
    stage.story.gap()?;
    let typed = format!(
        "grep -rl {} $TRY/vault $TRY/state $TRY/run/projects $TRY/projects $TRY/log $TRY/audit.log",
        samples::MARK
    );
    // grep ends with 1 when it finds nothing, with 0 when it does, and with 2 when it could not look.
    stage.types(Side::Host, &typed)?.exits(1)?;
    stage.story.checked(
        "no file that vault, broker or helper wrote holds a value, but for what was vended in memory",
    )
}
