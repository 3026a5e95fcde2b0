//! `--keep`: everything stays until Enter or Ctrl-C.

use super::stage::Stage;
use crate::try_out::ending::Stop;
use crate::try_out::keep;

/// Prints what to type next, and waits. A signal is the ordinary way to end, so it is no error here.
pub(super) fn explore(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "Everything stays for you to explore",
        "In another terminal, as root, set these variables, then try the commands.",
    )?;
    for (name, value) in stage.variables() {
        // Written past the shortening, which would show the very value as $TRY.
        stage.story.verbatim(&format!("export {name}={value}"))?;
    }
    stage.story.gap()?;
    for command in [
        "remo shell                              the picker: the vault, and all projects",
        "remo shell -p api",
        "remo status",
        "remo trust web && remo up web           what was revoked is asked for again",
        "remo-broker audit --config $TRY/broker.toml --follow",
        "docker ps",
    ] {
        stage.story.output(command)?;
    }
    stage.story.gap()?;
    stage.story.prose("Press Enter or Ctrl-C here to end everything and remove it.")?;
    keep::until_enter(&stage.interruption)
}
