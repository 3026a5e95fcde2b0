//! Running what the story shows as typed, and judging how it ended.
//!
//! The text that is shown is the text that a shell runs.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::ending::Stop;
use super::interruption::Interruption;
use super::process::Group;
use crate::failure::Failure;

/// How long an ordinary command may take. Each is done in well under a second; a busy machine needs more.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The largest output that is kept, in bytes: the story shows all of it.
const OUTPUT_MAX: u64 = 1024 * 1024;

/// A command of the story that ended.
#[derive(Debug)]
pub(super) struct Ran {
    typed: String,
    status: ExitStatus,
    output: String,
}

impl Ran {
    /// What it wrote, standard output and standard error as they came.
    pub(super) fn output(&self) -> &str {
        &self.output
    }

    /// Whether it ended with `code`.
    pub(super) fn ended_with(&self, code: i32) -> bool {
        self.status.code() == Some(code)
    }

    /// Fails unless it ended with `code`.
    pub(super) fn exits(self, code: i32) -> Result<Self, Failure> {
        if self.status.code() == Some(code) {
            return Ok(self);
        }
        Err(self.unexpected(&format!("it should end with exit status {code} and ended with {}", self.status)))
    }

    /// Fails unless its output contains `text`.
    pub(super) fn says(self, text: &str) -> Result<Self, Failure> {
        if self.output.contains(text) {
            return Ok(self);
        }
        Err(self.unexpected(&format!("its output should contain {text:?}")))
    }

    /// Fails when its output contains `text`.
    pub(super) fn does_not_say(self, text: &str) -> Result<Self, Failure> {
        if self.output.contains(text) {
            return Err(self.unexpected(&format!("its output should not contain {text:?}")));
        }
        Ok(self)
    }

    fn unexpected(&self, why: &str) -> Failure {
        Failure::new(format!("`{}` did not do what the story says: {why}", self.typed))
    }
}

/// What a shell runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed<'a> {
    /// As the story shows it.
    pub(super) shown: &'a str,
    /// The text for the shell.
    pub(super) script: &'a str,
    /// Its standard input.
    pub(super) input: &'a str,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// Runs what was typed in a shell that `shell` describes.
pub(super) fn run(mut shell: Command, command: Typed<'_>, interruption: &Interruption) -> Result<Ran, Stop> {
    let Typed { shown: typed, script, input, limit } = command;
    let cannot = |error| Failure::because::<std::io::Error>(format!("cannot run `{typed}`"))(error);
    let (reader, writer) = std::io::pipe().map_err(cannot)?;
    shell.arg("-c").arg(script).process_group(0).stdin(Stdio::piped());
    shell.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
    let mut child = shell.spawn().map_err(cannot)?;
    // The command keeps its own ends of the pipe.
    drop(shell);
    let stdin = child.stdin.take();
    let mut group = Group::new(child);
    if let Some(mut stdin) = stdin {
        // A command that does not read it is judged by its output, not by this.
        let _ = stdin.write_all(input.as_bytes());
    }
    let deadline = Instant::now() + limit;
    let late = || Failure::new(format!("`{typed}` did not end within {} s", limit.as_secs()));
    let mut reader = File::from(OwnedFd::from(reader)).take(OUTPUT_MAX);
    let mut output = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if !interruption.readable(reader.get_ref().as_fd(), Some(left))? && left.is_zero() {
            return Err(late().into());
        }
        match reader.read(&mut chunk).map_err(cannot)? {
            0 => break,
            length => output.extend_from_slice(&chunk[..length]),
        }
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let status = group.wait(left)?.ok_or_else(late)?;
    Ok(Ran { typed: typed.to_owned(), status, output: String::from_utf8_lossy(&output).into_owned() })
}
