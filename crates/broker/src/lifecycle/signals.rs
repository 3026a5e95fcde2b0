//! Signals as readable descriptors, so that they arrive in the loop like everything else.

use std::io::{self, Read};

use mio::net::UnixStream;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// One descriptor for ending, one for reading the configuration again.
#[derive(Debug)]
pub struct Signals {
    /// Readable after SIGTERM or SIGINT.
    pub terminate: UnixStream,
    /// Readable after SIGHUP.
    pub reload: UnixStream,
}

impl Signals {
    /// Installs the handlers.
    pub fn install() -> io::Result<Self> {
        Ok(Self { terminate: descriptor_for(&[SIGTERM, SIGINT])?, reload: descriptor_for(&[SIGHUP])? })
    }

    /// Takes the bytes that say that SIGHUP came.
    pub fn drain_reload(&mut self) {
        let mut bytes = [0; 64];
        while matches!(self.reload.read(&mut bytes), Ok(length) if length > 0) {}
    }
}

fn descriptor_for(signals: &[i32]) -> io::Result<UnixStream> {
    let (ours, handlers) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, handlers.try_clone()?)?;
    }
    Ok(UnixStream::from_std(ours))
}
