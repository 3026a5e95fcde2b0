//! What a command says when it cannot do its work: the problem on one line, then what to type next.

use std::error::Error;
use std::fmt::{self, Write as _};

use remo_wire::client::ClientError;
use remo_wire::error::{ErrorCode, ErrorResponse};

use crate::exit::ExitStatus;

/// The end of a command that failed, ready to be printed. Built once, at the edge, from the error below it.
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
        Self { status: ExitStatus::Usage, problem: problem.into(), hint: None }
    }

    /// The problem in the words of `error`, followed by each of its causes.
    pub fn from_error(error: &dyn Error) -> Self {
        Self::new(chain(error))
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

    /// The problem and the hint, for those who show them in another form.
    pub fn into_parts(self) -> (String, Option<String>) {
        (self.problem, self.hint)
    }

    /// The exit status that belongs to this failure.
    pub fn exit_status(&self) -> ExitStatus {
        self.status
    }
}

/// The words of `error` and of each of its causes, on one line.
pub fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(words, ": {error}");
        cause = error.source();
    }
    words
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.problem)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            ClientError::Unreachable { .. } => failure
                .status(ExitStatus::Unreachable)
                .hint("see whether the broker runs, and name its socket with --admin-socket PATH"),
            ClientError::Interrupted { .. } => {
                failure.status(ExitStatus::Unreachable).hint("look into the broker's log, then try again")
            }
            ClientError::Version { .. } | ClientError::Malformed { .. } => failure
                .status(ExitStatus::Protocol)
                .hint("install the broker and remo-vault out of the same release"),
            ClientError::Impostor { .. } => {
                failure.hint("stop that process, or name the broker's own socket with --admin-socket PATH")
            }
            ClientError::Refused(ErrorResponse { code: ErrorCode::PayloadTooLarge, .. }) => {
                failure.hint("take out what is no credential with: remo-vault remove NAME")
            }
            ClientError::Refused(_) => {
                failure.hint("look into the broker's log; it says what it did with the request")
            }
        }
    }
}
