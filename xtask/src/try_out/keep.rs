//! `--keep`: everything stays until Enter or Ctrl-C.

use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;

use super::ending::Stop;
use super::interruption::Interruption;
use super::stage::{Side, Stage};

/// Prints what to type next, and waits. A signal is the ordinary way to end, so it is no error here.
pub(super) fn explore(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "Everything stays for you to explore",
        "In another terminal, set the variables of the side that you want to be on, then try the commands.",
    )?;
    let root = stage.place.root().display().to_string();
    // Written past the shortening, which would show the very value as $TRY.
    stage.story.verbatim(&format!("export TRY={root}"))?;
    stage.story.verbatim(&format!("export PATH={root}/bin:{}:$PATH", stage.programs().display()))?;
    for (title, side) in [("in the vault:", Side::Vault), ("in the project:", Side::Demo)] {
        stage.story.gap()?;
        stage.story.aside(title)?;
        for (name, value) in stage.variables(side) {
            stage.story.output(&format!("export {name}={}", value.display()))?;
        }
        if side == Side::Demo {
            stage.story.output(&format!("export HOME={}", stage.place.home().display()))?;
        }
    }
    stage.story.gap()?;
    for command in [
        "remo-vault set NAME                                  in the vault; the value is asked for",
        "remo-vault list",
        "remo-fetch-secrets check                             in the project",
        "remo-fetch-secrets exec -- sh",
        "remo-vend-status",
        "remo-reload demo",
        "remo-broker audit --config $TRY/broker.toml --follow",
    ] {
        stage.story.output(command)?;
    }
    stage.story.gap()?;
    stage.story.prose("Press Enter or Ctrl-C here to end everything and remove it.")?;
    until_enter(&stage.interruption)
}

/// Waits for Enter, or for a signal: that is no error here.
pub(super) fn until_enter(interruption: &Interruption) -> Result<(), Stop> {
    match wait(interruption) {
        Err(Stop::Interrupted(_)) => {
            interruption.forget();
            Ok(())
        }
        other => other,
    }
}

fn wait(interruption: &Interruption) -> Result<(), Stop> {
    let stdin = io::stdin();
    let terminal = stdin.is_terminal();
    let mut byte = [0];
    loop {
        interruption.readable(stdin.as_fd(), None)?;
        match stdin.lock().read(&mut byte) {
            Ok(1) if byte[0] == b'\n' => return Ok(()),
            Ok(1) => {}
            // Ctrl-D. Without a terminal nobody can press Enter, and only a signal ends it.
            Ok(_) if terminal => return Ok(()),
            _ => return interruption.wait(),
        }
    }
}
