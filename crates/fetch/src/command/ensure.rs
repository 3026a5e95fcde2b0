//! Secrets that are in, once: whoever comes first injects, whoever comes while that goes on waits for it.
//!
//! The entrypoint of a container, the hooks of the tooling and the shells of its user start at about the same
//! time, in any order, and the entrypoint may be left out. None of them knows of the others.

use std::time::{Duration, Instant};

use super::run;
use super::wait::of_project;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker, Roots};
use crate::pause::{Pause, rest};
use crate::settings::Settings;
use crate::storage::Storage;

/// The longest pause between two looks: somebody waits for a shell.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// How long a run may take beyond the time that it waits for secrets.
const RUN_MAX: Duration = Duration::from_secs(15);

/// What a failure means that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// It is tried again, once and without waiting: a person may have repaired something, and a shell must not hold
    /// them up again and again if not.
    TriedOnce,
    /// It is tried again, as if there had been none.
    TriedAgain,
}

/// Returns once a complete set is in force in this start of the container.
pub(super) fn ensure(settings: &Settings, earlier: Earlier) -> Result<Storage, Failure> {
    let deadline = Instant::now() + settings.timeout + RUN_MAX;
    let mut pause = Pause::up_to(PAUSE_MAX);
    let mut waited = false;
    let mut patience = settings.timeout;
    loop {
        Roots::refuse_foreign_home(settings)?;
        let storage = Storage::open(&settings.secrets_dir)?;
        // First whose turn it is, then what is there: a run that ends in between has left its outcome by then.
        let turn = storage.take_turn()?;
        match FailedMarker::find(&storage)? {
            // Who has failed and still holds the turn is an entrypoint on its way out.
            Some(marker) if waited || turn.is_none() => {
                return Err(Failure::unavailable(format!(
                    "the secrets of this container failed: {}",
                    marker.message
                )));
            }
            Some(_) if earlier == Earlier::TriedOnce => patience = Duration::ZERO,
            Some(_) => {}
            None => {
                if let Some(ready) = injection::ready(&storage)? {
                    return of_project(settings, &ready).map(|()| storage);
                }
            }
        }
        if turn.is_some() {
            let settings = Settings { timeout: patience, ..settings.clone() };
            return run::inject(&settings, &storage).map(|_| storage);
        }
        waited = true;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::unavailable(format!(
                "another run has not come to an end in {} s",
                (settings.timeout + RUN_MAX).as_secs_f64()
            ))
            .hint("look for a remo-fetch-secrets that hangs, and end it"));
        }
        rest(pause.take(None).min(left));
    }
}
