//! How a try-out ends, well or not.

use std::fmt;
use std::process::ExitCode;

use crate::failure::Failure;

/// What a shell adds to the number of the signal that ended a program.
const ENDED_BY_SIGNAL: u8 = 128;

/// The number of SIGPIPE: what a program that writes into a closed pipe is ended by.
const BROKEN_PIPE: u8 = 13;

/// Every exit status of `cargo xtask try`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExitStatus {
    /// Everything was as it should be.
    Success,
    /// Something was not, or could not be done.
    Failure,
    /// The command line is wrong; the number is that of the parser's own errors.
    Usage,
    /// A signal with this number asked to end, or whoever read the story went away.
    Interrupted(u8),
    /// The user's command ran and ended with this status.
    Command(u8),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => Self::FAILURE,
            ExitStatus::Usage => Self::from(2),
            ExitStatus::Interrupted(signal) => Self::from(ENDED_BY_SIGNAL.saturating_add(signal)),
            ExitStatus::Command(code) => Self::from(code),
        }
    }
}

/// Why the story does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// A step failed, or showed something else than it should.
    Failed(Failure),
    /// A signal asked to end.
    Interrupted(u8),
    /// Whoever read the story went away (`| head`).
    ReaderGone,
}

impl Stop {
    /// What to exit with.
    pub(super) fn status(&self) -> ExitStatus {
        match self {
            Self::Failed(_) => ExitStatus::Failure,
            Self::Interrupted(signal) => ExitStatus::Interrupted(*signal),
            Self::ReaderGone => ExitStatus::Interrupted(BROKEN_PIPE),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(formatter),
            Self::Interrupted(_) => formatter.write_str("interrupted"),
            Self::ReaderGone => formatter.write_str("nobody reads any more"),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
