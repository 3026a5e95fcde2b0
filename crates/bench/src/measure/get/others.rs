//! Whether the machine was busy with something else: figures under load are worth less then.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::target::Target;
use crate::failure::Failure;

/// Ticks of `/proc/stat` in a second. Fixed for programs (`USER_HZ`), whatever the kernel counts in.
const TICKS: u64 = 100;
/// Below this share of one core nobody would notice.
const NOTICEABLE: f64 = 0.05;
/// Where `/proc/stat` has what is not work: idle and waiting for a disk. Behind `steal` (the eighth) come
/// parts of what was counted already.
const IDLE: [usize; 2] = [3, 4];
const FIELDS: usize = 8;

/// What the processors had done at the beginning.
#[derive(Debug)]
pub(super) struct Others {
    start: Instant,
    busy: Duration,
    ours: Duration,
}

impl Others {
    /// Looks at the beginning of the load.
    pub(super) fn begin(targets: &[Target<'_>]) -> Result<Self, Failure> {
        Ok(Self { start: Instant::now(), busy: busy()?, ours: ours(targets)? })
    }

    /// Looks again and says in a note when others took a noticeable share.
    pub(super) fn end(&self, targets: &[Target<'_>]) -> Result<Option<String>, Failure> {
        let busy = busy()?.saturating_sub(self.busy);
        let ours = ours(targets)?.saturating_sub(self.ours);
        let share = busy.saturating_sub(ours).as_secs_f64() / self.start.elapsed().as_secs_f64();
        Ok((share > NOTICEABLE).then(|| {
            format!(
                "the machine was not quiet: other processes took {:.0}% of one core under load",
                share * 100.0
            )
        }))
    }
}

/// Processor time of all cores that was work.
fn busy() -> Result<Duration, Failure> {
    let text = std::fs::read_to_string("/proc/stat").map_err(Failure::because("cannot read /proc/stat"))?;
    work(&text).ok_or_else(|| Failure::new("/proc/stat is not understood"))
}

fn work(text: &str) -> Option<Duration> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let mut ticks = 0;
    for (index, field) in line.split_whitespace().take(FIELDS).enumerate() {
        let count: u64 = field.parse().ok()?;
        if !IDLE.contains(&index) {
            ticks += count;
        }
    }
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Processor time of this process and of the servers.
fn ours(targets: &[Target<'_>]) -> Result<Duration, Failure> {
    let own = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
    targets.iter().try_fold(own, |sum, target| Ok(sum + target.cpu_time()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_no_work() {
        let text = "cpu  100 20 30 9000 50 1 2 3 40 0\ncpu0 1 2 3\n";
        assert_eq!(work(text), Some(Duration::from_millis(1560)));
        assert_eq!(work("intr 5"), None);
    }
}
