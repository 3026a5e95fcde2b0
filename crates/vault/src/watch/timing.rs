//! When to act: a burst of changes is waited out, a failure is tried again after a growing pause.

use std::time::{Duration, Instant};

/// How long the store must have been quiet before it is read: writers that do not rename take a moment
/// between the first and the last byte.
const QUIET: Duration = Duration::from_millis(50);

/// How long a burst that does not end may hold a push back.
const BURST_MAX: Duration = Duration::from_millis(500);

/// Changes that belong together.
#[derive(Debug, Default)]
pub(super) struct Burst {
    span: Option<(Instant, Instant)>,
}

impl Burst {
    /// Notes a change.
    pub(super) fn note(&mut self, now: Instant) {
        let first = self.span.map_or(now, |(first, _)| first);
        self.span = Some((first, now));
    }

    /// When the burst is over; `None` without one.
    pub(super) fn due(&self) -> Option<Instant> {
        self.span.map(|(first, last)| (last + QUIET).min(first + BURST_MAX))
    }

    /// Ends the burst when it is due; whether it was.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let due = self.due().is_some_and(|due| due <= now);
        if due {
            self.span = None;
        }
        due
    }
}

/// A pause that doubles from `first` up to `longest`.
#[derive(Debug)]
pub(super) struct Pause {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pause {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// The pause to make now; the next one is longer.
    pub(super) fn grow(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    /// Begins anew.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_burst_ends_with_quiet_or_at_its_limit() {
        let begin = Instant::now();
        let mut burst = Burst::default();
        assert_eq!(burst.due(), None);
        burst.note(begin);
        assert_eq!(burst.due(), Some(begin + QUIET));
        burst.note(begin + 40 * MS);
        assert_eq!(burst.due(), Some(begin + 90 * MS));
        for at in (60..1000).step_by(20) {
            burst.note(begin + at * MS);
        }
        assert_eq!(burst.due(), Some(begin + BURST_MAX));
        assert!(!burst.take(begin + 499 * MS));
        assert!(burst.take(begin + 500 * MS));
        assert_eq!(burst.due(), None);
    }

    #[test]
    fn a_pause_doubles_to_its_limit_and_begins_anew() {
        let mut pause = Pause::new(20 * MS, 100 * MS);
        let pauses: Vec<_> = (0..5).map(|_| pause.grow()).collect();
        assert_eq!(pauses, [20 * MS, 40 * MS, 80 * MS, 100 * MS, 100 * MS]);
        pause.reset();
        assert_eq!(pause.grow(), 20 * MS);
    }
}
