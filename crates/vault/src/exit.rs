//! The exit codes of every command, as `--help` documents them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Success,
    /// Not done, or the answer is no.
    Failure,
    /// The command line is wrong.
    Usage,
    /// The broker speaks another protocol, or another version of it.
    Protocol,
    /// The broker is out of reach.
    Unreachable,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Protocol => 3,
            ExitStatus::Unreachable => 4,
        })
    }
}
