//! Small growing pauses between attempts.

use std::time::Duration;

use rustix::thread::nanosleep;
use rustix::time::Timespec;

/// The first pause: a broker that is just starting is ready in a few milliseconds.
const FIRST: Duration = Duration::from_millis(10);

/// A pause that doubles up to a limit.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    /// Begins with 10 ms and doubles up to `longest`.
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { next: FIRST.min(longest), longest }
    }

    /// The length of the next pause, at least `minimum` (what the broker asked for).
    pub(crate) fn take(&mut self, minimum: Option<Duration>) -> Duration {
        let length = self.next;
        self.next = (self.next * 2).min(self.longest);
        minimum.map_or(length, |minimum| length.max(minimum))
    }

    /// Begins again with the first pause.
    pub(crate) fn restart(&mut self) {
        self.next = FIRST.min(self.longest);
    }
}

/// Waits where there is no descriptor to wait on; a signal may end it early.
pub(crate) fn rest(length: Duration) {
    if let Ok(length) = Timespec::try_from(length) {
        let _ = nanosleep(&length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_begin_again() {
        let mut pause = Pause::up_to(Duration::from_millis(50));
        let lengths: Vec<u128> = (0..5).map(|_| pause.take(None).as_millis()).collect();
        assert_eq!(lengths, [10, 20, 40, 50, 50]);
        pause.restart();
        assert_eq!(pause.take(None).as_millis(), 10);
    }

    #[test]
    fn the_broker_can_ask_for_a_longer_pause() {
        let mut pause = Pause::up_to(Duration::from_millis(50));
        assert_eq!(pause.take(Some(Duration::from_secs(2))).as_secs(), 2);
        assert_eq!(pause.take(Some(Duration::ZERO)).as_millis(), 20);
    }
}
