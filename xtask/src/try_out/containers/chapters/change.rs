//! Values change, and an approval is taken back.

use std::time::Duration;

use super::projects::write;
use super::{UNAVAILABLE, holds, running};
use crate::try_out::containers::samples::{self, MARK};
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

const WEB: Side = Side::In("web");

/// How long a change may take from the store to a file, a look into the container included.
const FRESH: Duration = Duration::from_secs(30);

/// A new value reaches a file by itself.
pub(in crate::try_out::containers) fn rotates_a_file(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A secret is rotated",
        "A new value in the vault reaches the files of containers that run, each replaced in one step. No container is \
         restarted for it.",
    )?;
    let before = running(stage)?;
    stage.types_with_sample("remo-vault set aws", &samples::aws(2))?.exits(0)?;
    stage.sees(
        FRESH,
        "web",
        "the new value should be in the file",
        "grep -q SAMPLE-KEY-ID-2 ~/.aws/credentials",
    )?;
    stage.types(WEB, "cat ~/.aws/credentials")?.exits(0)?.says("SAMPLE-secret-2")?;
    holds(before == running(stage)?, || "no container should have been restarted".to_owned())?;
    stage.story.checked(
        "the new value is in the file; every container is the one that it was, and runs since it started",
    )
}

/// A new value reaches a variable with the next start, and `remo status` says so.
pub(in crate::try_out::containers) fn rotates_a_variable(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "What lives in an environment needs a restart",
        "Nobody can change the variables of a process that runs. So when the token is rotated, the container has the \
         old one until it is made again, and the instance says so.",
    )?;
    stage.types_with_sample("remo-vault set forge_token", &samples::token(2))?.exits(0)?;
    write(&stage.place.path("forge/token"), &samples::token(2))?;
    stage.story.aside("(the forge takes the new token only, from now on)")?;
    stage.sees(
        FRESH,
        "web",
        "the broker should have the new token",
        "remo-fetch-secrets exec -- sh -c 'test $GH_TOKEN = SAMPLE-token-2'",
    )?;
    stage.types(Side::Host, "remo status")?.exits(0)?.says("remo up web --rebuild")?;
    stage.starts_container("remo up web --rebuild")?.exits(0)?.says("web is up")?;
    stage
        .types(WEB, "gh auth status --hostname github.localhost")?
        .exits(0)?
        .says("Logged in to github.localhost")?;
    stage.types(Side::Host, "remo status")?.exits(0)?.does_not_say("--rebuild")?;
    stage.story.checked("the new token is in the environment, and the forge takes it")
}

/// An approval is taken back.
pub(in crate::try_out::containers) fn revokes(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "An approval is taken back",
        "One command ends what a project may have. Its socket closes at once. What its containers hold already cannot \
         be taken out of their memory: revoke that where it was issued.",
    )?;
    stage.types(Side::Host, "remo trust web --revoke")?.exits(0)?;
    stage.types(WEB, "remo-fetch-secrets check --timeout 1")?.exits(UNAVAILABLE)?.does_not_say(MARK)?;
    stage.types(Side::Host, "remo up web --rebuild")?.exits(1)?.says("nothing is approved for web")?;
    stage.types(Side::In("api"), "remo-fetch-secrets check")?.exits(0)?;
    stage.story.checked("web gets nothing and does not start again; api is not concerned")
}
