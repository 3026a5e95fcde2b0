//! Lines typed at the terminal that it does not show.
//!
//! The echo is off before the first prompt appears, and stays off until the last line was read: nobody who waits for a
//! prompt types a letter that is shown. A signal that ends or stops the process gives the terminal back first.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use remo_secret::Secret;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};
use zeroize::Zeroizing;

/// The terminal of this process, whatever standard input and output are.
const TERMINAL: &str = "/dev/tty";

/// What ends or stops a process from the terminal, or from elsewhere.
const SIGNALS: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// The terminal without echo, until this is dropped.
pub(super) struct HiddenInput {
    terminal: File,
    before: Termios,
    signals: Signals,
    /// What was read behind the end of a line.
    rest: Secret,
}

impl HiddenInput {
    /// Switches the echo off.
    pub(super) fn open() -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open(TERMINAL)?;
        let before = tcgetattr(&terminal)?;
        // First the signals: from here on none ends the process without the terminal being given back.
        let signals = Signals::catch()?;
        let hidden = Self { terminal, before, signals, rest: Secret::new(Vec::new()) };
        hidden.silence()?;
        Ok(hidden)
    }

    /// Prints `prompt` and reads a line, without its end.
    ///
    /// # Errors
    /// `UnexpectedEof` when the input ends before a line begins.
    pub(super) fn ask(&mut self, prompt: &str) -> io::Result<Secret> {
        self.terminal.write_all(prompt.as_bytes())?;
        let mut line = std::mem::replace(&mut self.rest, Secret::new(Vec::new()));
        loop {
            if let Some(end) = line.expose().iter().position(|byte| *byte == b'\n') {
                self.rest = Secret::new(line.expose()[end + 1..].to_vec());
                let text = &line.expose()[..end];
                return Ok(Secret::new(text.strip_suffix(b"\r").unwrap_or(text).to_vec()));
            }
            if self.wait()? {
                self.interrupted(prompt)?;
                continue;
            }
            let mut chunk = Zeroizing::new([0; 4096]);
            match self.terminal.read(&mut chunk[..]) {
                // The end of input ends a line that has begun.
                Ok(0) if line.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => line.append(b"\n"),
                Ok(length) => line.append(&chunk[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for input or a signal; whether it is a signal.
    fn wait(&self) -> io::Result<bool> {
        let mut watched =
            [PollFd::new(&self.signals.arrived, PollFlags::IN), PollFd::new(&self.terminal, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [signal, input] = watched.map(|it| !it.revents().is_empty());
        // Interrupted without either: look once more.
        if signal || input { Ok(signal) } else { self.wait() }
    }

    /// Gives the terminal back and does what the signal does by default. Who was stopped by it goes on afterwards.
    fn interrupted(&mut self, prompt: &str) -> io::Result<()> {
        let Some(signal) = self.signals.take() else { return Ok(()) };
        self.give_back();
        let _ = self.terminal.write_all(b"\n");
        low_level::emulate_default_handler(signal)?;
        self.silence()?;
        self.terminal.write_all(prompt.as_bytes())
    }

    /// No letter is shown, but the end of a line is.
    fn silence(&self) -> io::Result<()> {
        let mut silent = self.before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        Ok(tcsetattr(&self.terminal, OptionalActions::Now, &silent)?)
    }

    /// Drops what is typed but not read: the shell would show it.
    fn give_back(&self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Caught signals; when this is dropped, they do again what they do by default.
struct Signals {
    arrived: UnixStream,
    /// The one that came last, or 0.
    last: Arc<AtomicUsize>,
    let_through: Arc<AtomicBool>,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        let (arrived, notice) = UnixStream::pair()?;
        ioctl_fionbio(&arrived, true)?;
        let last = Arc::new(AtomicUsize::new(0));
        let let_through = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS {
            // In this order: the notice comes when there is something to see.
            flag::register_conditional_default(signal, Arc::clone(&let_through))?;
            let number = usize::try_from(signal).map_err(io::Error::other)?;
            flag::register_usize(signal, Arc::clone(&last), number)?;
            low_level::pipe::register(signal, notice.try_clone()?)?;
        }
        Ok(Self { arrived, last, let_through })
    }

    /// The signal that has arrived.
    fn take(&mut self) -> Option<i32> {
        let mut notices = [0; 16];
        let _ = self.arrived.read(&mut notices);
        i32::try_from(self.last.swap(0, Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.let_through.store(true, Ordering::SeqCst);
    }
}
