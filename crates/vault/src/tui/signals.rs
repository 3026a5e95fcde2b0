//! Signals as a descriptor to wait on, and which ones came.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::low_level::pipe;

/// Becomes readable when a signal came.
#[derive(Debug)]
pub(super) struct Signals {
    reader: UnixStream,
    end: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    /// Catches the signals from here on.
    pub(super) fn catch() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        let caught = Self { reader, end: Arc::default(), suspend: Arc::default(), continued: Arc::default() };
        for (signal, flag) in [
            (SIGTERM, Some(&caught.end)),
            (SIGINT, Some(&caught.end)),
            (SIGHUP, Some(&caught.end)),
            (SIGTSTP, Some(&caught.suspend)),
            (SIGCONT, Some(&caught.continued)),
            // Of another size: to be drawn anew.
            (SIGWINCH, None),
        ] {
            if let Some(flag) = flag {
                signal_hook::flag::register(signal, Arc::clone(flag))?;
            }
            pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(caught)
    }

    /// Takes what woke the wait.
    pub(super) fn take_wakes(&self) {
        let mut wakes = [0; 64];
        while matches!((&self.reader).read(&mut wakes), Ok(1..)) {}
    }

    /// Whether the process was asked to end.
    pub(super) fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether the process was asked to stop for a while, since the last time this was asked.
    pub(super) fn take_suspend(&self) -> bool {
        self.suspend.swap(false, Ordering::Relaxed)
    }

    /// Whether the process was continued after it was stopped, since the last time this was asked.
    pub(super) fn take_continued(&self) -> bool {
        self.continued.swap(false, Ordering::Relaxed)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
