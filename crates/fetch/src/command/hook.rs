//! `hook`: what tooling runs in a container before the user's commands.

use std::path::Path;

use super::ensure::{Earlier, ensure};
use super::keep::keep_what_is_in;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker};
use crate::report;
use crate::settings::Settings;
use crate::shell::quoted;
use crate::tooling_cache;
use crate::user::{Role, role};

pub(super) fn run(
    settings: Settings,
    user: Option<&str>,
    session_data: Option<&Path>,
    watch: bool,
) -> Result<ExitStatus, Failure> {
    let (settings, role) = role(settings, user)?;
    if let Role::Root(account) | Role::Stranger(account) = role {
        return Err(Failure::unavailable(format!(
            "the secrets of this container are for the user {}, and this command runs as user {}",
            account.name,
            rustix::process::geteuid().as_raw()
        ))
        .hint("rebuild the container with the secrets feature and the remoteUser that it has now"));
    }
    // First, so that nothing stays on a disk whatever comes out below.
    let home = settings.home().ok();
    for file in tooling_cache::divert(home.as_deref(), session_data)? {
        report::note(format_args!(
            "{} held a copy of the environment on disk; it leads to /dev/null now",
            quoted(&file)
        ));
    }
    let ensured = ensure(&settings, Earlier::TriedAgain);
    if watch {
        keep_what_is_in(&settings);
    }
    let storage = match ensured {
        Ok(storage) => storage,
        Err(failure) => {
            // Said before the entrypoint learns of it, whose end is the end of this process.
            report::failure(&failure);
            FailedMarker::pass_on(&settings);
            return Ok(failure.status());
        }
    };
    let lacking: Vec<String> = injection::variables(&storage)?
        .into_iter()
        .map(|variable| variable.name)
        .filter(|name| std::env::var_os(name).is_none())
        .collect();
    if lacking.is_empty() {
        return Ok(ExitStatus::Success);
    }
    Err(Failure::unavailable(format!(
        "the tooling's environment lacks {}, and so would the commands that it starts",
        lacking.join(", ")
    ))
    .hint(
        "run devcontainer up once more (a shell that takes over 10 s to start is given up); if that does not help, \
         look for userEnvProbe in devcontainer.json, which must not be none, and for a login shell other than sh, \
         bash, zsh and fish",
    ))
}
