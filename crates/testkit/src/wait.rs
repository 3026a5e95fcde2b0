//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Waits until `condition` gives something, and returns it.
///
/// # Panics
/// When nothing came within `limit`; the message says `what` was waited for.
pub fn until<T>(limit: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        pause();
    }
}

/// Waits until `condition` holds. See [`until`].
pub fn until_true(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    until(limit, what, || condition().then_some(()));
}

/// Checks that `condition` holds all through `span`: for what must *not* happen.
///
/// # Panics
/// When it ceases to hold.
pub fn holds(span: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        assert!(condition(), "did not hold for {span:?}: {what}");
        pause();
    }
}

fn pause() {
    #[expect(clippy::disallowed_methods, reason = "this is the one wait helper, always under a deadline")]
    std::thread::sleep(LOOK_AGAIN);
}
