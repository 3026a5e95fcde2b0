//! Limits against flooding: token buckets, and refusals that become one counted line a second.

use std::time::{Duration, Instant};

/// How often refusals of one kind are written at most.
const REFUSAL_INTERVAL: Duration = Duration::from_secs(1);

/// A bucket that refills steadily up to its burst.
#[derive(Debug)]
pub struct TokenBucket {
    tokens: f64,
    burst: f64,
    per_second: f64,
    refilled: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(burst: f64, per_second: f64, now: Instant) -> Self {
        Self { tokens: burst, burst, per_second, refilled: now }
    }

    /// Takes `amount` when at least one token is there. An amount beyond what is there leaves a debt, so that
    /// one large request cannot slip below the limit again and again.
    pub fn take(&mut self, amount: f64, now: Instant) -> bool {
        self.refill(now);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= amount;
        true
    }

    /// Whether nothing can be taken now.
    pub fn is_exhausted(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens < 1.0
    }

    /// Takes `amount` that is known to be due.
    pub fn charge(&mut self, amount: f64) {
        self.tokens -= amount;
    }

    /// Whole seconds until something can be taken again, at least 1.
    pub fn retry_after_seconds(&self) -> u64 {
        let missing = (1.0 - self.tokens).max(0.0);
        let seconds = (missing / self.per_second).ceil().clamp(1.0, 3600.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=3600")]
        let seconds = seconds as u64;
        seconds
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.refilled);
        self.refilled = now;
        self.tokens = (self.tokens + passed.as_secs_f64() * self.per_second).min(self.burst);
    }
}

/// Counts refusals of one kind between two lines of the audit log.
#[derive(Debug, Default)]
pub struct RefusalCounter {
    pending: u64,
    written: Option<Instant>,
}

impl RefusalCounter {
    /// Counts one refusal. Returns the number to write now, when a line is due.
    pub fn note(&mut self, now: Instant) -> Option<u64> {
        self.pending += 1;
        self.due(now)
    }

    /// The number to write now, when refusals wait and the last line is long enough ago.
    pub fn due(&mut self, now: Instant) -> Option<u64> {
        let quiet =
            self.written.is_none_or(|written| now.saturating_duration_since(written) >= REFUSAL_INTERVAL);
        if self.pending == 0 || !quiet {
            return None;
        }
        self.written = Some(now);
        Some(std::mem::take(&mut self.pending))
    }

    /// Whether refusals wait for a line.
    pub fn is_pending(&self) -> bool {
        self.pending > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(3.0, 2.0, start);
        assert_eq!((0..5).filter(|_| bucket.take(1.0, start)).count(), 3);
        assert_eq!(bucket.retry_after_seconds(), 1);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..5).filter(|_| bucket.take(1.0, later)).count(), 2);
        let much_later = start + Duration::from_secs(1000);
        assert_eq!((0..9).filter(|_| bucket.take(1.0, much_later)).count(), 3);
    }

    #[test]
    fn a_debt_is_paid_before_anything_else_passes() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10.0, 1.0, start);
        assert!(bucket.take(30.0, start));
        assert!(!bucket.take(1.0, start + Duration::from_secs(20)));
        assert!(bucket.take(1.0, start + Duration::from_secs(21)));
    }

    #[test]
    fn refusals_become_one_counted_line_a_second() {
        let start = Instant::now();
        let mut counter = RefusalCounter::default();
        assert_eq!(counter.note(start), Some(1));
        assert_eq!(counter.note(start + Duration::from_millis(1)), None);
        assert_eq!(counter.note(start + Duration::from_millis(2)), None);
        assert!(counter.is_pending());
        assert_eq!(counter.due(start + Duration::from_millis(999)), None);
        assert_eq!(counter.due(start + Duration::from_secs(1)), Some(2));
        assert_eq!(counter.due(start + Duration::from_secs(2)), None);
    }
}
