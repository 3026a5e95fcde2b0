//! What is wrong at the moment, said once, and when to try again.

use std::time::{Duration, Instant};

use log::{error, info};

use super::timing::Pause;

/// First and longest pause before a store that cannot be read is read again without having changed. A change
/// is acted on at once, whatever the pause.
const STORE_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));

/// How it goes with reading the store and getting a push accepted.
#[derive(Debug)]
pub(super) struct Health {
    pause: Pause,
    retry_at: Option<Instant>,
    failures: u32,
    logged: Option<String>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { pause: Pause::new(STORE_PAUSE.0, STORE_PAUSE.1), retry_at: None, failures: 0, logged: None }
    }

    /// Notes a failure and logs it, once for as long as it stays the same. The first failure in a row is not
    /// logged: a file that is being written in place reads as damaged for a moment. Whether it is one to speak of.
    pub(super) fn failed(&mut self, problem: &str, hint: Option<&str>) -> bool {
        self.retry_at = Some(Instant::now() + self.pause.grow());
        self.failures += 1;
        if self.failures > 1 && self.logged.as_deref() != Some(problem) {
            error!("{problem}; nothing is pushed");
            if let Some(hint) = hint {
                error!("hint: {hint}");
            }
            self.logged = Some(problem.to_owned());
        }
        self.failures > 1
    }

    /// Notes that all is well, and says so when it was not.
    pub(super) fn well(&mut self) {
        if self.end() {
            info!("the store can be read and pushed again");
        }
    }

    /// Ends what was wrong; whether it was logged.
    pub(super) fn end(&mut self) -> bool {
        std::mem::replace(self, Self::new()).logged.is_some()
    }

    /// When to try again; `None` when there is no need.
    pub(super) fn retry_due(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Ends the wait when it is over; whether it was.
    pub(super) fn take_retry(&mut self, now: Instant) -> bool {
        let due = self.retry_at.is_some_and(|at| at <= now);
        if due {
            self.retry_at = None;
        }
        due
    }
}
