//! `shell`: the variables for a shell that starts, from the set in force.

use super::ensure::{Earlier, ensure};
use super::refuse_terminal;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection;
use crate::report;
use crate::settings::Settings;
use crate::shell::{Shell, script};
use crate::user::{Role, role};

pub(super) fn run(settings: Settings, user: Option<&str>, shell: Shell) -> Result<ExitStatus, Failure> {
    refuse_terminal(match shell {
        Shell::Posix => "s=$(remo-fetch-secrets shell) && eval \"$s\"",
        Shell::Fish => "remo-fetch-secrets shell --shell fish | source",
    })?;
    let (settings, role) = role(settings, user)?;
    if let Role::Own = role {
        let storage = ensure(&settings, Earlier::TriedOnce)?;
        report::data(script(shell, &injection::variables(&storage)?).expose())?;
    }
    Ok(ExitStatus::Success)
}
