//! One run of the fnox program: an environment built from nothing, a time limit, caps on what it prints.
//!
//! Values go in by standard input and come out by standard output, into wiped buffers. What it prints on standard
//! error can hold values (it repeats one that it cannot put into its own environment), so nothing of that leaves
//! this module.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use remo_secret::Secret;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, pidfd_open, setrlimit};
use zeroize::Zeroizing;

use super::FnoxError;

/// Standard input as a path, for programs that want one.
pub(crate) const STDIN: &str = "/proc/self/fd/0";

/// How long one run may take. It takes some 10 ms; on a machine that is out of breath, a hundred times that.
const TIME_MAX: Duration = Duration::from_secs(10);

/// The most that is read of what it prints, in bytes.
const OUTPUT_MAX: usize = 16 * 1024 * 1024;

/// The most that is kept of what it says on standard error, in bytes.
const SAID_MAX: usize = 64 * 1024;

/// A place where no configuration can be.
const NO_FOLDER: &str = "/dev/null";

/// One run, being prepared.
pub(crate) struct Task {
    program: PathBuf,
    command: Command,
    input: Option<Secret>,
}

impl Task {
    /// A run of `program` that may use the key in `key_file`.
    pub(crate) fn new(program: &Path, key_file: &Path) -> Self {
        let mut command = Command::new(program);
        let key_file = std::path::absolute(key_file).unwrap_or_else(|_| key_file.to_owned());
        command
            .env_clear()
            .env("FNOX_AGE_KEY_FILE", key_file)
            .env("FNOX_CONFIG_DIR", NO_FOLDER)
            .env("FNOX_NON_INTERACTIVE", "true")
            .args(["--no-daemon", "--non-interactive", "--no-color"])
            // It looks for configurations in the folders above its working directory.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { program: program.to_owned(), command, input: None }
    }

    /// Adds arguments. No value may be among them.
    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Makes `text`, which holds no plaintext, readable at [`STDIN`].
    pub(crate) fn read_from(mut self, text: &str) -> Result<Self, FnoxError> {
        let memory = || -> io::Result<File> {
            let mut file = File::from(memfd_create("fnox.toml", MemfdFlags::CLOEXEC)?);
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        let file = memory().map_err(|source| self.unable(source))?;
        self.command.stdin(file);
        Ok(self)
    }

    /// Gives it `values` on standard input.
    pub(crate) fn feed(mut self, values: Secret) -> Self {
        self.input = Some(values);
        self
    }

    /// Runs it to its end and returns what it printed.
    pub(crate) fn run(mut self) -> Result<Secret, FnoxError> {
        // A core of fnox would hold every value.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().map_err(|source| self.unable(source))?;
        let followed = Conversation::new(&mut child, self.input.take()).follow(&child);
        if !matches!(followed, Ok(Followed::Ended(..))) {
            // Fails when it has just ended.
            let _ = child.kill();
        }
        let status = child.wait().map_err(|source| self.unable(source))?;
        let program = self.program.clone();
        match followed {
            Err(source) => Err(self.unable(source)),
            Ok(Followed::TooSlow) => Err(FnoxError::TooSlow { program, limit: TIME_MAX }),
            Ok(Followed::TooMuch) => Err(FnoxError::TooMuch { program, limit: OUTPUT_MAX }),
            Ok(Followed::Ended(output, _)) if status.success() => Ok(output),
            Ok(Followed::Ended(_, said)) => {
                Err(FnoxError::Failed { program, reason: super::error::Reason::of(&said), status })
            }
        }
    }

    fn unable(&self, source: io::Error) -> FnoxError {
        FnoxError::Run { program: self.program.clone(), source }
    }
}

/// How following a child came to its end.
enum Followed {
    /// With what it printed on standard output and on standard error.
    Ended(Secret, Secret),
    TooSlow,
    TooMuch,
}

/// The pipes of a running child.
struct Conversation {
    input: Option<(ChildStdin, Secret, usize)>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    printed: Secret,
    said: Secret,
}

impl Conversation {
    fn new(child: &mut Child, input: Option<Secret>) -> Self {
        Self {
            input: child.stdin.take().zip(input).map(|(pipe, text)| (pipe, text, 0)),
            output: child.stdout.take(),
            errors: child.stderr.take(),
            printed: Secret::new(Vec::new()),
            said: Secret::new(Vec::new()),
        }
    }

    /// Serves the pipes until the child has ended and they are empty.
    fn follow(mut self, child: &Child) -> io::Result<Followed> {
        let deadline = Instant::now() + TIME_MAX;
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
        let process = pidfd_open(process, PidfdFlags::empty())?;
        if let Some((pipe, ..)) = &self.input {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        let mut buffer = Zeroizing::new(vec![0; 64 * 1024]);
        let mut ended = false;
        while !(ended && self.output.is_none() && self.errors.is_none()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Followed::TooSlow);
            }
            for ready in self.wait(&process, ended, left)? {
                match ready {
                    Place::Process => ended = true,
                    Place::Output => drain(&mut self.output, &mut buffer, &mut self.printed)?,
                    Place::Errors => drain(&mut self.errors, &mut buffer, &mut self.said)?,
                    Place::Input => self.feed()?,
                }
            }
            if self.printed.len() > OUTPUT_MAX {
                return Ok(Followed::TooMuch);
            }
            if self.said.len() > SAID_MAX {
                self.said.wipe();
            }
        }
        Ok(Followed::Ended(self.printed, self.said))
    }

    fn wait(&self, process: &impl AsFd, ended: bool, left: Duration) -> io::Result<Vec<Place>> {
        let mut watched = Vec::with_capacity(4);
        let mut places = Vec::with_capacity(4);
        if !ended {
            watched.push(PollFd::new(process, PollFlags::IN));
            places.push(Place::Process);
        }
        if let Some(output) = &self.output {
            watched.push(PollFd::new(output, PollFlags::IN));
            places.push(Place::Output);
        }
        if let Some(errors) = &self.errors {
            watched.push(PollFd::new(errors, PollFlags::IN));
            places.push(Place::Errors);
        }
        if let Some((input, ..)) = &self.input {
            watched.push(PollFd::new(input, PollFlags::OUT));
            places.push(Place::Input);
        }
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = watched.iter().zip(places).filter(|(watched, _)| !watched.revents().is_empty());
        Ok(ready.map(|(_, place)| place).collect())
    }

    /// Writes as much as the pipe takes. A child that does not want the rest has said why elsewhere.
    fn feed(&mut self) -> io::Result<()> {
        let Some((pipe, text, written)) = &mut self.input else { return Ok(()) };
        match pipe.write(&text.expose()[*written..]) {
            Ok(length) => *written += length,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *written = text.len(),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
        if *written == text.len() {
            self.input = None;
        }
        Ok(())
    }
}

/// A thing to wait for.
#[derive(Clone, Copy)]
enum Place {
    Process,
    Output,
    Errors,
    Input,
}

/// Takes what `pipe` holds at the moment; the pipe is gone at its end.
fn drain(pipe: &mut Option<impl Read>, buffer: &mut [u8], into: &mut Secret) -> io::Result<()> {
    let Some(open) = pipe else { return Ok(()) };
    match open.read(buffer) {
        Ok(0) => *pipe = None,
        Ok(length) => into.append(&buffer[..length]),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
