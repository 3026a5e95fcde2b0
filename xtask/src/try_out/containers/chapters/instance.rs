//! Engine and broker.

use std::fs;

use crate::failure::Failure;
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

/// What the broker is told about its places; everything else is its default.
const CONFIGURATION: &str = "\
[paths]
socket_dir    = \"$TRY/run\"
state_dir     = \"$TRY/state\"
projects_root = \"$TRY/projects\"

[audit]
path = \"$TRY/audit.log\"
";

/// Starts both.
pub(in crate::try_out::containers) fn comes_up(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "An instance",
        "One host of one developer: an engine for containers, here one of its own without a network to the outside, \
         and the broker, which holds secrets in memory only and starts with none.",
    )?;
    let configuration = CONFIGURATION.replace("$TRY", &stage.place.root().display().to_string());
    fs::write(stage.place.path("broker.toml"), configuration)
        .map_err(Failure::because("cannot write broker.toml"))?;
    stage.starts_engine()?;
    stage.types(Side::Host, "docker ps --all --quiet | wc -l")?.exits(0)?.says("0\n")?;
    let waited = stage.starts_broker()?;
    stage.story.checked(&format!(
        "the engine answers and runs nothing; the broker was ready after {} ms",
        waited.as_millis()
    ))
}
