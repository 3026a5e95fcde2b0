//! Signals that ask this process to end while test programs run: those are in process groups of their own, where
//! Ctrl-C does not reach them.

use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::Failure;

/// Takes signals for as long as it lives. Afterwards they end this process as they always do.
#[derive(Debug)]
pub(super) struct Interruption {
    /// Readable once a signal has arrived.
    woken: UnixStream,
    over: Arc<AtomicBool>,
}

impl Interruption {
    /// From now on signals are noticed, and do nothing else.
    pub(super) fn watch() -> Result<Self, Failure> {
        let prepare = || {
            let (woken, waker) = UnixStream::pair()?;
            woken.set_nonblocking(true)?;
            let over = Arc::new(AtomicBool::new(false));
            for number in [SIGINT, SIGTERM, SIGHUP] {
                signal_hook::flag::register_conditional_default(number, Arc::clone(&over))?;
                signal_hook::low_level::pipe::register(number, waker.try_clone()?)?;
            }
            Ok(Self { woken, over })
        };
        prepare().map_err(Failure::because::<std::io::Error>("cannot take over signals"))
    }

    /// Whether a signal has arrived since the last time.
    pub(super) fn has_arrived(&self) -> bool {
        (&self.woken).read(&mut [0; 1]).is_ok_and(|length| length > 0)
    }

    /// Ends this process, as the signal would have.
    pub(super) fn end(self) -> Result<(), Failure> {
        drop(self);
        signal_hook::low_level::emulate_default_handler(SIGINT).map_err(Failure::because("cannot end"))
    }
}

impl AsFd for Interruption {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}
