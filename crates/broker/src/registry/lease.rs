//! Leases: how long a project may use a value before it should ask again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The running leases of one project. A lease is a time and a name; it holds no copy of a value.
#[derive(Debug, Default)]
pub struct Leases {
    ends: BTreeMap<Box<str>, Instant>,
}

impl Leases {
    /// What is left of the lease on `name`, in whole seconds, rounded up so that a running lease is never 0.
    ///
    /// Starts a lease of `duration` where none runs. Beyond `max_entries` the oldest gives way.
    pub fn remaining(&mut self, name: &str, now: Instant, duration: Duration, max_entries: usize) -> u64 {
        if let Some(end) = self.ends.get_mut(name) {
            if *end <= now {
                *end = now + duration;
            }
            return seconds_up(*end - now);
        }
        self.ends.retain(|_, end| *end > now);
        while self.ends.len() >= max_entries.max(1) {
            let Some(oldest) = self.ends.iter().min_by_key(|(_, end)| **end).map(|(name, _)| name.clone())
            else {
                break;
            };
            self.ends.remove(&oldest);
        }
        self.ends.insert(name.into(), now + duration);
        seconds_up(duration)
    }

    /// Ends every lease.
    pub fn clear(&mut self) {
        self.ends.clear();
    }

    /// How many leases run.
    pub fn running(&self, now: Instant) -> usize {
        self.ends.values().filter(|end| **end > now).count()
    }
}

fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_lease_runs_down_and_restarts_when_it_has_run_out() {
        let start = Instant::now();
        let mut leases = Leases::default();
        assert_eq!(leases.remaining("gh", start, MINUTE, 8), 60);
        assert_eq!(leases.remaining("gh", start + Duration::from_millis(10_500), MINUTE, 8), 50);
        assert_eq!(leases.remaining("gh", start + Duration::from_millis(59_999), MINUTE, 8), 1);
        assert_eq!(leases.remaining("gh", start + MINUTE, MINUTE, 8), 60);
        leases.clear();
        assert_eq!(leases.running(start), 0);
    }

    #[test]
    fn the_oldest_lease_gives_way() {
        let start = Instant::now();
        let mut leases = Leases::default();
        for (second, name) in ["a", "b", "c"].iter().enumerate() {
            leases.remaining(name, start + Duration::from_secs(second as u64), MINUTE, 2);
        }
        let later = start + Duration::from_secs(10);
        assert_eq!(leases.running(later), 2);
        assert_eq!(leases.remaining("b", later, MINUTE, 2), 51);
        assert_eq!(leases.remaining("c", later, MINUTE, 2), 52);
    }
}
