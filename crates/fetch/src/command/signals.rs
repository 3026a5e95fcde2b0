//! Signals: passed on to a command, or turned into something to wait on.

use std::io;
use std::os::unix::net::UnixStream;

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::pipe;

use crate::failure::Failure;

/// What is passed on. Stopping and continuing reach the command through its process group.
const FORWARDED: [i32; 8] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH];

/// What a terminal sends to its whole foreground process group, the command included.
///
/// Passing these on as well would deliver them twice, and many programs take a second one for impatience. A
/// person who sends one to this process alone while it is in the foreground is not heard; who sent a signal is
/// told only to handlers that need unsafe code or a C compiler.
const OF_TERMINAL: [i32; 3] = [SIGINT, SIGQUIT, SIGWINCH];

/// Passes signals on while a command runs.
#[derive(Debug)]
pub(super) struct Forwarding {
    signals: Signals,
}

impl Forwarding {
    /// From now on signals do not end this process.
    pub(super) fn begin() -> Result<Self, Failure> {
        Signals::new(FORWARDED.iter().chain([&SIGCHLD]))
            .map(|signals| Self { signals })
            .map_err(|error| Failure::internal("take over signals", &error))
    }

    /// Waits for signals and passes them on; returns when the command may have ended.
    pub(super) fn forward_next(&mut self, child: u32) {
        let child = i32::try_from(child).ok().and_then(Pid::from_raw);
        for signal in self.signals.wait() {
            if signal == SIGCHLD || (OF_TERMINAL.contains(&signal) && in_foreground()) {
                continue;
            }
            if let (Some(child), Some(signal)) = (child, Signal::from_named_raw(signal)) {
                // The child is ours and was not waited for, so the number is still its own; it may have ended.
                let _ = kill_process(child, signal);
            }
        }
    }
}

/// Whether a terminal sends its signals to this process, and so to the command in the same group.
fn in_foreground() -> bool {
    let terminal = open("/dev/tty", OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
    terminal.is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}

/// A descriptor that becomes readable when this process is asked to end.
pub(super) fn termination() -> Result<UnixStream, Failure> {
    let open = || -> io::Result<UnixStream> {
        let (reader, writer) = UnixStream::pair()?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(reader)
    };
    open().map_err(|error| Failure::internal("take over signals", &error))
}
