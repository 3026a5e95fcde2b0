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
    /// What a command in a container, or on the host, ended with.
    Of(u8),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Protocol => 3,
            ExitStatus::Unreachable => 4,
            ExitStatus::Of(code) => code,
        })
    }
}

/// The status of a program that ended, as a shell says it: 128 and the signal's number for one that was ended by it.
pub fn of_program(ended: std::process::ExitStatus) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt as _;
    let code = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
    match code {
        Some(0) => ExitStatus::Success,
        Some(code) => ExitStatus::Of(u8::try_from(code).unwrap_or(u8::MAX)),
        None => ExitStatus::Failure,
    }
}
