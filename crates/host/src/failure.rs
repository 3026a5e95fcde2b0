//! What a command says when it cannot do its work: the problem on one line, then what to type next.

use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;

use remo_present::shown::escaped;
use remo_wire::client::ClientError;

use crate::exit::ExitStatus;

/// The end of a command that failed, ready to be printed.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    problem: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure that is no more than a negative answer.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { status: ExitStatus::Failure, problem: problem.into(), hint: None }
    }

    /// A wrong command line.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self { status: ExitStatus::Usage, ..Self::new(problem) }
    }

    /// What was attempted on a path, and what the system said.
    pub fn at(attempt: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {attempt} {}: {error}", path.display()))
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets another exit status.
    #[must_use]
    pub fn status(mut self, status: ExitStatus) -> Self {
        self.status = status;
        self
    }

    /// The exit status that belongs to this failure.
    pub fn exit_status(&self) -> ExitStatus {
        self.status
    }

    /// The problem, without the hint.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", escaped(&self.problem))?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {}", escaped(hint)),
            None => Ok(()),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let mut words = error.to_string();
        if let Some(cause) = std::error::Error::source(&error) {
            // Writing to a string does not fail.
            let _ = write!(words, ": {cause}");
        }
        let failure = Self::new(words);
        match error {
            ClientError::Unreachable { .. } | ClientError::Interrupted { .. } => failure
                .status(ExitStatus::Unreachable)
                .hint("see whether the broker runs and whether you may talk to it: remo doctor"),
            ClientError::Version { .. } | ClientError::Malformed { .. } => failure
                .status(ExitStatus::Protocol)
                .hint("install the broker and remo out of the same release"),
            ClientError::Impostor { .. } | ClientError::Refused(_) => failure,
        }
    }
}
