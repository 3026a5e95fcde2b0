//! `start`: the entrypoint of a container. Injects for the remote user, and prints the variables for the command
//! that follows.

use std::time::{Duration, Instant};

use super::keep::keep_fresh;
use super::{refuse_terminal, run};
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{FailedMarker, Roots};
use crate::pause::{Pause, rest};
use crate::report;
use crate::settings::Settings;
use crate::shell::{Shell, script};
use crate::storage::Storage;
use crate::user::{Role, role};

/// How long a failed entrypoint stays for a hook that passes the reason on. The tooling takes a second or two from
/// the container's start to its first hook, and longer on a busy machine.
const LINGER: Duration = Duration::from_secs(6);

/// Between two looks for that hook.
const LINGER_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn run(settings: Settings, user: Option<&str>, watch: bool) -> Result<ExitStatus, Failure> {
    refuse_terminal("s=$(remo-fetch-secrets start) && eval \"$s\"")?;
    let (settings, role) = role(settings, user)?;
    match role {
        Role::Own => {}
        Role::Root(account) => return Err(account.become_it()),
        Role::Stranger(account) => {
            report::note(format_args!(
                "the container's own user is neither root nor {name}: its command starts without secrets, and \
                 the hooks and shells of {name} fetch them",
                name = account.name
            ));
            return Ok(ExitStatus::Success);
        }
    }
    Roots::refuse_foreign_home(&settings)?;
    let storage = Storage::open(&settings.secrets_dir)?;
    // Kept while it lingers: who finds a failure and a turn that is taken passes it on instead of trying again.
    let _turn = storage.take_turn()?;
    let vended = match run::inject(&settings, &storage) {
        Ok(run) => run.vended,
        Err(failure) => {
            report::failure(&failure);
            linger(&storage);
            super::fail_evaluation();
            return Ok(failure.status());
        }
    };
    if watch {
        keep_fresh(&settings, &storage);
    }
    report::data(script(Shell::Posix, &vended.plan.variables).expose())?;
    Ok(ExitStatus::Success)
}

/// Waits until somebody has passed the failure on, or long enough.
fn linger(storage: &Storage) {
    let until = Instant::now() + LINGER;
    let mut pause = Pause::up_to(LINGER_PAUSE);
    while Instant::now() < until && !FailedMarker::was_passed_on(storage) {
        rest(pause.take(None));
    }
}
