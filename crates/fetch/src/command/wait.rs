//! `wait`: until another process has injected what is required, or failed to.

use std::time::{Duration, Instant};

use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker, Ready};
use crate::pause::{Pause, rest};
use crate::settings::Settings;
use crate::storage::Storage;

/// The longest pause between two looks: short, because somebody waits for a shell.
const PAUSE_MAX: Duration = Duration::from_millis(100);

pub(super) fn run(settings: &Settings) -> Result<ExitStatus, Failure> {
    let deadline = Instant::now() + settings.timeout;
    let mut pause = Pause::up_to(PAUSE_MAX);
    loop {
        if let Some(storage) = Storage::open_existing(&settings.secrets_dir)? {
            // A failure is the later word: a run takes the marker away when it begins and when it succeeds.
            if let Some(marker) = FailedMarker::find(&storage)? {
                return Err(Failure::unavailable(format!(
                    "the secrets of this container failed: {}",
                    marker.message
                )));
            }
            if let Some(ready) = injection::ready(&storage)? {
                return of_project(settings, &ready).map(|()| ExitStatus::Success);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::unavailable(format!(
                "no run has injected the secrets into {} within {} s",
                settings.secrets_dir.display(),
                settings.timeout.as_secs_f64()
            ))
            .hint("run remo-fetch-secrets, or look why the container's start did not (docker logs)"));
        }
        rest(pause.take(None).min(left));
    }
}

/// Refuses a set of another project than the one that was named: no run for that one can succeed there.
pub(super) fn of_project(settings: &Settings, ready: &Ready) -> Result<(), Failure> {
    match &settings.project {
        Some(wanted) if *wanted != ready.project => Err(Failure::unavailable(format!(
            "{} keeps the secrets of the project {}, not of {wanted}",
            settings.secrets_dir.display(),
            ready.project
        ))
        .hint("check --project, or REMO_PROJECT, and --secrets-dir")),
        _ => Ok(()),
    }
}
