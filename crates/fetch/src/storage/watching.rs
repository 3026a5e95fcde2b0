//! Who keeps the files fresh: at most one process for each directory of secrets.
//!
//! The right is a lock that the kernel takes back however its holder ends. Who starts a watch takes it first and hands
//! it over as the new process's standard input, so that there is no moment in which two could think that it is free.
//! Other code of the same user can put another file into the lock's place; then two may hold a right each, until the
//! one whose file is gone notices.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;

use rustix::fs::{AtFlags, FlockOperation, flock, fstat, statat};

use super::Storage;
use crate::failure::Failure;

/// Held by the process that keeps files fresh.
const WATCHING: &str = "watching";

/// The right to keep the files of a directory fresh.
#[derive(Debug)]
pub(crate) struct WatchRight {
    descriptor: OwnedFd,
}

impl WatchRight {
    /// Takes the right; `None` while another process has it.
    pub(crate) fn take(storage: &Storage) -> Result<Option<Self>, Failure> {
        let descriptor = storage.open_lock(WATCHING)?;
        match flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { descriptor })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(storage.failure("lock", WATCHING, error)),
        }
    }

    /// The right that was handed over as standard input; `None` where that is something else.
    pub(crate) fn handed_over(storage: &Storage) -> Option<Self> {
        let descriptor = io::stdin().as_fd().try_clone_to_owned().ok()?;
        let right = Self { descriptor };
        let held = right.is_in_place(storage)
            && flock(&right.descriptor, FlockOperation::NonBlockingLockExclusive).is_ok();
        held.then_some(right)
    }

    /// For the standard input of the process that gets the right.
    pub(crate) fn hand_over(self) -> Stdio {
        self.descriptor.into()
    }

    /// Whether the lock is still the one that others would ask for.
    pub(crate) fn is_in_place(&self, storage: &Storage) -> bool {
        let own = fstat(&self.descriptor);
        let found = statat(storage.descriptor(), WATCHING, AtFlags::SYMLINK_NOFOLLOW);
        matches!((own, found), (Ok(own), Ok(found)) if (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino))
    }
}
