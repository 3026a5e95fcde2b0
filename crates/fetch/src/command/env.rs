//! `env`: shell code for `eval`. On failure the code is `false`, see [`super::fail_evaluation`].

use std::io::{IsTerminal as _, stdout};

use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::report;
use crate::settings::Settings;
use crate::shell::{Shell, script};
use crate::vend::{Broker, fetch_required};

pub(super) fn run(settings: &Settings, shell: Shell, reveal: bool) -> Result<ExitStatus, Failure> {
    if stdout().is_terminal() && !reveal {
        let usage = match shell {
            Shell::Posix => "s=$(remo-fetch-secrets env) && eval \"$s\"",
            Shell::Fish => "remo-fetch-secrets env --shell fish | source",
        };
        return Err(Failure::usage("the output contains secrets, and standard output is a terminal")
            .hint(format!("{usage}   (or --reveal to show them)")));
    }
    let vended = fetch_required(&Broker::new(settings), settings.timeout)?;
    super::note_left_out(&vended.plan);
    report::data(script(shell, &vended.plan.variables).expose())?;
    Ok(ExitStatus::Success)
}
