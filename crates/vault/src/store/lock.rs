//! One writer at a time: an advisory lock on a file beside the store.
//!
//! The lock file is never removed and never replaced, so that every writer locks the same inode; the store
//! itself cannot serve, because each write puts another file in its place.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use crate::private_file::FILE_MODE;

/// How long a writer waits for another one. A write takes milliseconds; who holds the lock for longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a writer waits before it says so.
const QUIET: Duration = Duration::from_millis(500);

/// Pause between two attempts; `flock` has no time limit of its own.
const RETRY: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock at `path`; `notice` is called once when that takes a while.
    ///
    /// # Errors
    /// `TimedOut` when another writer kept it for all of [`PATIENCE`].
    pub(crate) fn acquire(path: &Path, notice: &mut dyn FnMut()) -> io::Result<Self> {
        let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .custom_flags(no_follow)
            .open(path)?;
        Self::of(file, notice)
    }

    /// Takes the lock of what is open as `file`, as [`WriterLock::acquire`] does.
    pub(crate) fn of(file: File, notice: &mut dyn FnMut()) -> io::Result<Self> {
        wait_until(notice, || match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        })?;
        Ok(Self { _file: file })
    }
}

/// Waits until `ready`; `notice` is called once when that takes a while.
///
/// # Errors
/// `TimedOut` after [`PATIENCE`], and what `ready` fails with.
pub(crate) fn wait_until(
    notice: &mut dyn FnMut(),
    mut ready: impl FnMut() -> io::Result<bool>,
) -> io::Result<()> {
    let begin = Instant::now();
    let mut noticed = false;
    while !ready()? {
        let waited = begin.elapsed();
        if waited >= PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if waited >= QUIET && !noticed {
            noticed = true;
            notice();
        }
        match poll(&mut [], Some(&RETRY)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
