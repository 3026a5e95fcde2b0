//! SIGINT, SIGTERM and SIGHUP as a descriptor: whatever asks this program to end, the tool ends and its home is wiped.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use crate::failure::Failure;

/// Readable from the first signal on.
#[derive(Debug)]
pub(super) struct Stop {
    reader: UnixStream,
}

impl Stop {
    /// Catches the signals from here on.
    pub(super) fn catch() -> Result<Self, Failure> {
        let catch = || {
            let (reader, writer) = UnixStream::pair()?;
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                pipe::register(signal, writer.try_clone()?)?;
            }
            io::Result::Ok(Self { reader })
        };
        catch().map_err(|error| Failure::new(format!("cannot catch signals: {error}")))
    }

    /// Whether a signal came.
    pub(super) fn asked(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(poll(&mut [PollFd::new(self, PollFlags::IN)], Some(&now)), Ok(1..))
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// What is said when a signal ended it.
pub(super) fn interrupted() -> Failure {
    Failure::new("interrupted; nothing was stored, and the tool's home is wiped")
}
