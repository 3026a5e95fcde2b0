//! Each has its own, and nothing else.

use super::holds;
use crate::try_out::containers::samples;
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

const API: Side = Side::In("api");

/// The other project, and what it gets when it asks.
pub(in crate::try_out::containers) fn shows(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "Each has its own, and nothing else",
        "The container of api has one socket, its own, and through it one secret. Asking for another one is refused, \
         and goes on record before the answer leaves.",
    )?;
    stage.types(API, "cat ~/.config/deploy/key; echo")?.exits(0)?.says(samples::DEPLOY_KEY)?;
    stage.types(API, "echo \"GH_TOKEN is ${GH_TOKEN-not set}\"; ls ~/.aws")?.says("GH_TOKEN is not set")?;
    stage.types(API, "aws configure list")?.exits(0)?.does_not_say("shared-credentials-file")?;
    stage.types(API, "ls /run/remo-broker")?.exits(0)?.says("api.sock")?.does_not_say("web")?;
    stage
        .types(
            API,
            r#"echo '{"op":"get","name":"forge_token"}' | socat -t 5 - UNIX-CONNECT:/run/remo-broker/api.sock"#,
        )?
        .exits(0)?
        .says("\"denied\"")?
        .does_not_say(samples::MARK)?;
    let record = stage
        .types(
            Side::Host,
            "remo-broker audit --config $TRY/broker.toml --project api --event fetch | grep denied",
        )?
        .exits(0)?
        .does_not_say(samples::MARK)?;
    holds(record.output().contains("forge_token"), || "the attempt should be on record".to_owned())?;
    stage.story.checked("denied, and on record, with no value in it")
}
