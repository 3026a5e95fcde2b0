//! Running the user's own command with the secrets.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::process::Command;

use rustix::process::{Pid, PidfdFlags, Signal, getpgrp, kill_process, pidfd_open};
use rustix::termios::tcgetpgrp;

use super::ending::{ExitStatus, Stop};
use super::stage::{Side, Stage};
use crate::failure::Failure;

/// What a shell, and the helper, end with when there is no such program.
const NOT_FOUND: u8 = 127;

/// The same for a file that is no program.
const NOT_EXECUTABLE: u8 = 126;

/// Runs it in the user's directory, environment and terminal; returns its exit status.
pub(super) fn run(stage: &mut Stage, command: &[OsString]) -> Result<ExitStatus, Stop> {
    let name = command.first().map(OsString::as_os_str).unwrap_or_default();
    stage.story.chapter(
        "Your command runs",
        "It gets its secrets in its environment, and so do the processes that it starts. Nobody else does.",
    )?;
    // Arguments are the user's own affair and may be private.
    let rest = if command.len() > 1 { " …" } else { "" };
    stage.story.typed("demo$", &format!("remo-fetch-secrets exec -- {}{rest}", name.display()))?;
    let mut helper = Command::new(stage.program("remo-fetch-secrets"));
    helper.args([OsStr::new("exec"), OsStr::new("--home"), stage.place.home().as_os_str(), OsStr::new("--")]);
    helper.args(command).envs(stage.variables(Side::Demo));
    stage.interruption.check()?;
    let mut child = helper.spawn().map_err(Failure::because("cannot start remo-fetch-secrets"))?;
    let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let process = process.ok_or_else(|| Failure::new("a process without a number"))?;
    let ends =
        pidfd_open(process, PidfdFlags::empty()).map_err(Failure::because("cannot watch a process"))?;
    loop {
        use std::os::fd::AsFd as _;
        match stage.interruption.readable(ends.as_fd(), None) {
            Ok(true) => break,
            Ok(false) => {}
            Err(Stop::Interrupted(signal)) => {
                // What Ctrl-C means is for the command to say; the story goes on when that has ended.
                stage.interruption.forget();
                forward(process, signal);
            }
            Err(stop) => return Err(stop),
        }
    }
    let status = child.wait().map_err(Failure::because("cannot wait for remo-fetch-secrets"))?;
    // The helper itself was ended by a signal: a failure with nothing better to say.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
    match code {
        NOT_FOUND => stage.story.aside(&format!(
            "(exit status {code}: {} was not found, or did not find what it runs itself; see how it is spelled, and PATH)",
            name.display()
        ))?,
        NOT_EXECUTABLE => stage.story.aside(&format!(
            "(exit status {code}: {} could not be executed, or could not execute what it runs itself)",
            name.display()
        ))?,
        code => stage.story.checked(&format!("your command ended with exit status {code}"))?,
    }
    Ok(ExitStatus::Command(code))
}

/// Passes a signal on, unless the terminal has sent it to the command as well.
fn forward(process: Pid, signal: u8) {
    let Some(signal) = Signal::from_named_raw(i32::from(signal)) else { return };
    let of_terminal = matches!(signal, Signal::INT | Signal::QUIT);
    let foreground =
        io::stdin().is_terminal() && tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    if !(of_terminal && foreground) {
        // It has not been waited for, so the number is its own.
        let _ = kill_process(process, signal);
    }
}
