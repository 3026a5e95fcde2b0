//! `shell`: the variables for a shell that starts, from the set in force.

use super::ensure::{Earlier, ensure};
use super::keep::keep_what_is_in;
use super::refuse_terminal;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection;
use crate::report;
use crate::settings::Settings;
use crate::shell::{Shell, script};
use crate::user::{Role, role};

pub(super) fn run(
    settings: Settings,
    user: Option<&str>,
    shell: Shell,
    watch: bool,
) -> Result<ExitStatus, Failure> {
    refuse_terminal(match shell {
        Shell::Posix => "s=$(remo-fetch-secrets shell) && eval \"$s\"",
        Shell::Fish => "remo-fetch-secrets shell --shell fish | source",
    })?;
    let (settings, role) = role(settings, user)?;
    if let Role::Own = role {
        let ensured = ensure(&settings, Earlier::TriedOnce);
        if watch {
            keep_what_is_in(&settings);
        }
        let storage = ensured?;
        report::data(script(shell, &injection::variables(&storage)?).expose())?;
    }
    Ok(ExitStatus::Success)
}
