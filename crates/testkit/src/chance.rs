//! Random moments, for tests that end a process somewhere in the middle.

use std::time::Duration;

use rustix::event::{Timespec, poll};
use rustix::rand::{GetRandomFlags, getrandom};

/// A number below `limit`, or 0 where the limit is 0.
///
/// # Panics
/// When the system has no random bytes.
pub fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; size_of::<u64>()];
    assert_eq!(getrandom(&mut bytes, GetRandomFlags::empty()), Ok(bytes.len()), "random bytes");
    u64::from_ne_bytes(bytes) % limit.max(1)
}

/// Lets `time` pass. For moments that are random on purpose, where there is no condition to wait for.
///
/// # Panics
/// When the system cannot wait that long.
pub fn pass(time: Duration) {
    let time = Timespec::try_from(time).expect("a short time");
    assert_eq!(poll(&mut [], Some(&time)), Ok(0), "the time passes");
}

/// Lets a random time below `limit` pass, in whole microseconds.
///
/// # Panics
/// As [`pass`].
pub fn pass_below(limit: Duration) {
    let limit = u64::try_from(limit.as_micros()).expect("a short time");
    pass(Duration::from_micros(random_below(limit)));
}
