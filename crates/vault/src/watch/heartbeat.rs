//! The watcher's sign of life: one line in its lock file, written anew at every regular check. A watcher that is
//! stopped, or stuck, holds its lock as a well one does; its sign of life grows old.
//!
//! The line is the id of this boot and the seconds of the monotonic clock: that one does not jump when somebody sets
//! the time, and stands still while the machine sleeps. It is written over in place, always of one length, which
//! works on a full disk too.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The longest line that is one.
const LINE_MAX: usize = 128;

/// The sign of life of this moment.
pub(super) fn beat(file: &File) -> io::Result<()> {
    let line = format!("{} {:020}\n", boot(), now().as_secs());
    file.write_all_at(line.as_bytes(), 0)
}

/// How old the sign of life in `file` is; `None` when there is none of this boot.
pub(super) fn age(file: &File) -> Option<Duration> {
    let mut line = [0; LINE_MAX];
    let length = file.read_at(&mut line, 0).ok()?;
    age_of(std::str::from_utf8(&line[..length]).ok()?, &boot(), now())
}

fn age_of(line: &str, boot: &str, now: Duration) -> Option<Duration> {
    let (its_boot, seconds) = line.lines().next()?.split_once(' ')?;
    let at = Duration::from_secs(seconds.parse().ok()?);
    (its_boot == boot).then(|| now.saturating_sub(at))
}

fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map_or_else(|_| "unknown".to_owned(), |id| id.trim().to_owned())
}

fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_of_this_boot_has_an_age() {
        let age = |line| age_of(line, "this", Duration::from_secs(100));
        assert_eq!(age("this 00000000000000000093\n"), Some(Duration::from_secs(7)));
        assert_eq!(age("this 00000000000000000101\n"), Some(Duration::ZERO));
        for line in ["", "this", "this x\n", "other 00000000000000000093\n", "this -1"] {
            assert_eq!(age(line), None, "{line:?}");
        }
    }
}
