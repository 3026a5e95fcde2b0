//! Waiting, in a way that a signal ends at once: a try-out cleans up after Ctrl-C too.

use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::ending::Stop;
use crate::failure::Failure;

/// How often a condition is looked at. Short, because some waits are measured and shown in milliseconds.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What asks this process to end: the terminal, its closing, and everybody else.
const SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Notices the signals that ask this process to end.
#[derive(Debug)]
pub(super) struct Interruption {
    signal: Arc<AtomicUsize>,
    /// Becomes readable with a signal and stays so.
    woken: UnixStream,
}

impl Interruption {
    /// From now on the signals do not end this process by themselves.
    pub(super) fn watch() -> Result<Self, Failure> {
        let prepare = || {
            let signal = Arc::new(AtomicUsize::new(0));
            let (woken, waker) = UnixStream::pair()?;
            woken.set_nonblocking(true)?;
            for number in SIGNALS {
                signal_hook::flag::register_usize(
                    number,
                    Arc::clone(&signal),
                    number.unsigned_abs() as usize,
                )?;
                signal_hook::low_level::pipe::register(number, waker.try_clone()?)?;
            }
            Ok(Self { signal, woken })
        };
        prepare().map_err(Failure::because::<std::io::Error>("cannot take over signals"))
    }

    /// The signal that arrived last, if one did.
    pub(super) fn signal(&self) -> Option<u8> {
        u8::try_from(self.signal.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// An error once a signal has arrived.
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.signal().map_or(Ok(()), |signal| Err(Stop::Interrupted(signal)))
    }

    /// Waits for a signal; only ever returns an error.
    pub(super) fn wait(&self) -> Result<(), Stop> {
        loop {
            self.readable(self.woken.as_fd(), None)?;
        }
    }

    /// Lets `time` pass, unless a signal arrives.
    pub(super) fn wait_a_moment(&self, time: Duration) -> Result<(), Stop> {
        self.readable(self.woken.as_fd(), Some(time)).map(drop)
    }

    /// Goes on as if no signal had arrived.
    pub(super) fn forget(&self) {
        // Not blocking, so this ends when it is empty.
        while (&self.woken).read(&mut [0; 16]).is_ok_and(|length| length > 0) {}
        self.signal.store(0, Ordering::SeqCst);
    }

    /// Waits until `descriptor` can be read, and says whether it can; at most for `limit` if there is one.
    pub(super) fn readable(&self, descriptor: BorrowedFd<'_>, limit: Option<Duration>) -> Result<bool, Stop> {
        self.check()?;
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let watched = &mut [
            PollFd::new(&self.woken, PollFlags::IN),
            PollFd::from_borrowed_fd(descriptor, PollFlags::IN),
        ];
        match poll(watched, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Failure::because("cannot wait")(error).into()),
        }
        let ready = !watched[1].revents().is_empty();
        self.check()?;
        Ok(ready)
    }

    /// Waits until `look` finds something, at most for `limit`; says how long that took.
    pub(super) fn until<T>(
        &self,
        limit: Duration,
        what: &str,
        mut look: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<(T, Duration), Stop> {
        let begin = Instant::now();
        loop {
            if let Some(found) = look()? {
                return Ok((found, begin.elapsed()));
            }
            if begin.elapsed() > limit {
                return Err(Failure::new(format!("{what}: not within {} ms", limit.as_millis())).into());
            }
            self.check()?;
            pause();
        }
    }
}

/// A moment between two looks at a condition that has a deadline.
pub(super) fn pause() {
    // Without descriptors this only lets time pass; whether it was cut short does not matter.
    let _ = poll(&mut [], Timespec::try_from(LOOK_AGAIN).ok().as_ref());
}
