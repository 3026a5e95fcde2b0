//! SIGTERM and SIGINT as a descriptor to wait on, and as the end of a connection that is waited on.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// Becomes readable when the process is asked to stop.
#[derive(Debug)]
pub(super) struct StopSignal {
    reader: UnixStream,
}

impl StopSignal {
    /// Catches the signals from here on.
    pub(super) fn catch() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        pipe::register(SIGTERM, writer.try_clone()?)?;
        pipe::register(SIGINT, writer)?;
        Ok(Self { reader })
    }

    /// Ends the connection that is guarded at that moment, so that nobody goes on waiting for an answer.
    pub(super) fn interrupt(&self) -> io::Result<Interrupt> {
        let interrupt = Interrupt::default();
        let (reader, ours) = (self.reader.try_clone()?, interrupt.clone());
        thread::Builder::new().name("stop".to_owned()).spawn(move || {
            // Nothing is read: the signal is there for the others still.
            while poll(&mut [PollFd::new(&reader, PollFlags::IN)], None) == Err(Errno::INTR) {}
            let mut guarded = ours.lock();
            guarded.stopped = true;
            if let Some(stream) = &guarded.stream.take() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        })?;
        Ok(interrupt)
    }
}

impl AsFd for StopSignal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// The connection that ends with the stop signal.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<Mutex<Guarded>>);

#[derive(Debug, Default)]
struct Guarded {
    stopped: bool,
    stream: Option<UnixStream>,
}

impl Interrupt {
    fn lock(&self) -> MutexGuard<'_, Guarded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Guards `stream`; at once ended when the signal was there before.
    pub(super) fn guard(&self, stream: &UnixStream) -> io::Result<()> {
        let mut guarded = self.lock();
        if guarded.stopped {
            return stream.shutdown(Shutdown::Both);
        }
        guarded.stream = Some(stream.try_clone()?);
        Ok(())
    }

    /// Lets go of the connection: it is closed when its other owner closes it.
    pub(super) fn release(&self) {
        self.lock().stream = None;
    }

    /// Whether the process was asked to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }
}
