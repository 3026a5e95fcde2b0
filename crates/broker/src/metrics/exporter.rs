//! When the file is written.

use std::io;
use std::time::{Duration, Instant};

use super::{MetricsFile, State, Tally, text};
use crate::config::MetricsConfig;

/// Writes the metrics once in an interval, when the configuration names a file.
#[derive(Debug)]
pub struct Exporter {
    file: MetricsFile,
    interval: Duration,
    next: Instant,
}

impl Exporter {
    /// As configured; `None` when no file is named. The first text is due at `now`.
    pub fn start(config: &MetricsConfig, now: Instant) -> io::Result<Option<Self>> {
        if config.path.as_os_str().is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            file: MetricsFile::start(config.path.clone())?,
            interval: Duration::from_secs(config.interval_seconds.into()),
            next: now,
        }))
    }

    /// When the next text is due.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Whether a text is due; the next one is due an interval later.
    pub fn take_due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            self.next = now + self.interval;
        }
        due
    }

    /// Writes the file soon.
    pub fn export(&self, tally: &Tally, state: &State) {
        match text(tally, state) {
            Ok(text) => self.file.write(text),
            Err(error) => log::error!("no metrics could be made: {error}"),
        }
    }
}
