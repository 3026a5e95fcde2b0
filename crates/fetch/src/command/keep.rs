//! One watch in each container, of the user that secrets are for: started by whoever comes first, and again by whoever
//! notices that it is gone.
//!
//! It has nothing to do with the process that starts it: a session of its own, none of its files, an empty environment,
//! and `/` as its folder. So it holds up neither the command of a container nor a session of the tooling, and the end
//! of a container ends it. Its parent is process 1 of the container.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::injection;
use crate::report::{self, PROGRAM};
use crate::settings::Settings;
use crate::storage::{Storage, WatchRight};
use crate::user::ITSELF;

/// Starts a watch where none runs. That it cannot be started is said and does not stop anybody: what is in force is
/// what was approved, and who would want to stop a watch could end it as well. On the instance, `remo status` shows
/// that nobody keeps the files fresh.
pub(super) fn keep_fresh(settings: &Settings, storage: &Storage) {
    if let Err(failure) = start_watch(settings, storage) {
        report::note(format_args!(
            "nothing keeps the files fresh now: {failure}\nthe next shell tries to start it again"
        ));
    }
}

/// The same where a set is in force, complete or not: what was brought in once may have to be taken away.
pub(super) fn keep_what_is_in(settings: &Settings) {
    if let Ok(Some(storage)) = Storage::open_existing(&settings.secrets_dir)
        && injection::is_in_force(&storage)
    {
        keep_fresh(settings, &storage);
    }
}

fn start_watch(settings: &Settings, storage: &Storage) -> Result<(), Failure> {
    let Some(right) = WatchRight::take(storage)? else { return Ok(()) };
    let mut command = Command::new(ITSELF);
    command.arg0(PROGRAM).args(["watch", "--detached"]).arg("--secrets-dir").arg(&settings.secrets_dir);
    if let Some(project) = &settings.project {
        command.arg("--project").arg(project.as_str());
    }
    if let Some(socket) = &settings.socket {
        command.arg("--socket").arg(socket);
    }
    if let Ok(home) = settings.home() {
        command.arg("--home").arg(home);
    }
    let journal = storage.journal().map_or_else(Stdio::null, Stdio::from);
    command.env_clear().current_dir("/").stdin(right.hand_over()).stdout(Stdio::null()).stderr(journal);
    remo_sys::in_own_session(&mut command);
    // Not waited for: it outlives this process.
    let started = remo_sys::inherited::keep_from_children().and_then(|()| command.spawn());
    started.map(drop).map_err(|error| Failure::internal("start remo-fetch-secrets watch", &error))
}
