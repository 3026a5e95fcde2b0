//! `exec`: the secrets for one command and its children only.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command};

use super::signals::Forwarding;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::Session;
use crate::report;
use crate::settings::Settings;
use crate::storage::Storage;
use crate::vend::{Broker, fetch_required};

/// What a shell adds to the number of the signal that ended a command.
const ENDED_BY_SIGNAL: i32 = 128;

pub(super) fn run(settings: &Settings, command: &[OsString]) -> Result<ExitStatus, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::usage("exec needs a command").hint("write: remo-fetch-secrets exec -- CMD"));
    };
    let vended = fetch_required(&Broker::new(settings), settings.timeout)?;
    super::note_left_out(&vended.plan);
    let mut command = Command::new(program);
    command.args(arguments).envs(
        vended
            .plan
            .variables
            .iter()
            .map(|variable| (variable.name.as_str(), std::ffi::OsStr::from_bytes(variable.value.expose()))),
    );
    if vended.plan.files.is_empty() {
        drop(vended);
        return Err(not_started(program, &command.exec()));
    }
    let storage = Storage::open(&settings.secrets_dir)?;
    let (project, plan) = vended.into_plan();
    storage.claim(&project)?;
    // From here on a signal ends the command, not this process, which cleans up.
    let signals = Forwarding::begin()?;
    let session = Session::begin(&storage, settings, &plan)?;
    drop(plan);
    let status = match command.spawn() {
        Ok(child) => {
            // Its copies of the values are not needed while the command runs.
            drop(command);
            wait(child, signals)
        }
        Err(error) => Err(not_started(program, &error)),
    };
    if let Err(failure) = session.end() {
        report::failure(&failure);
    }
    status
}

fn wait(mut child: Child, mut signals: Forwarding) -> Result<ExitStatus, Failure> {
    loop {
        let ended = child.try_wait().map_err(|error| Failure::internal("wait for the command", &error))?;
        if let Some(status) = ended {
            let code = status.code().or_else(|| status.signal().map(|signal| ENDED_BY_SIGNAL + signal));
            let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
            return Ok(ExitStatus::Command(code));
        }
        signals.forward_next(child.id());
    }
}

fn not_started(program: &OsString, error: &std::io::Error) -> Failure {
    let status = match error.kind() {
        ErrorKind::NotFound => ExitStatus::NotFound,
        _ => ExitStatus::NotExecutable,
    };
    Failure::new(status, format!("cannot run {}: {error}", program.display()))
}
