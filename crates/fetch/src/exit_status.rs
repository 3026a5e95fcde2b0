//! How the program can end.

/// Every exit status of `remo-fetch-secrets`; the numbers are those of `sysexits.h`, and 126 and 127 those of
/// a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Success,
    /// `credential docker`: nothing is approved for what was asked for. The tools go on without credentials.
    NothingApproved,
    /// The command line or a variable of the environment is not usable (`EX_USAGE`).
    Usage,
    /// A required secret is not available, or the broker, the place for secrets or a path in the home refuses
    /// (`EX_UNAVAILABLE`).
    Unavailable,
    /// A fault of this program or of the system (`EX_SOFTWARE`).
    Internal,
    /// A directory, file or link cannot be made (`EX_CANTCREAT`).
    CannotCreate,
    /// Reading or writing failed half way, for instance because memory is full (`EX_IOERR`).
    InputOutput,
    /// `exec`: the command is there but cannot be run.
    NotExecutable,
    /// `exec`: there is no such command.
    NotFound,
    /// `exec`: the command's own exit code, or 128 and the number of the signal that ended it.
    Command(u8),
}

impl ExitStatus {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::NothingApproved => 1,
            Self::Usage => 64,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::CannotCreate => 73,
            Self::InputOutput => 74,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Command(code) => code,
        }
    }
}
