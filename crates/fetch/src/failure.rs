//! What a person reads when something does not work: the problem, one line for each part of it, and a hint.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use crate::exit_status::ExitStatus;

/// A problem that ends the program, and the status that it ends with. Never contains a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    status: ExitStatus,
    problem: String,
    details: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A problem that ends the program with `status`.
    pub fn new(status: ExitStatus, problem: impl Into<String>) -> Self {
        Self { status, problem: problem.into(), details: Vec::new(), hint: None }
    }

    /// A secret, the broker, or a place is not available or refused.
    pub fn unavailable(problem: impl Into<String>) -> Self {
        Self::new(ExitStatus::Unavailable, problem)
    }

    /// The command line or the environment is not usable.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, problem)
    }

    /// Something at `path` cannot be made or changed; `attempt` continues "cannot".
    pub fn writing(attempt: &str, path: &Path, error: &io::Error) -> Self {
        let problem = format!("cannot {attempt} {}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::new(
                ExitStatus::InputOutput,
                problem,
            )
            .hint(
                "the memory-backed storage is full: remove what is not needed there, or give the container \
                     more of it (docker run --shm-size=256m)",
            ),
            _ => Self::new(ExitStatus::CannotCreate, problem),
        }
    }

    /// The system refused something that has no path of ours.
    pub fn internal(attempt: &str, error: &dyn Error) -> Self {
        Self::new(ExitStatus::Internal, format!("cannot {attempt}: {error}"))
    }

    /// Adds a line about one part of the problem.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The problem alone.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What the program ends with.
    pub fn status(&self) -> ExitStatus {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.problem)?;
        for line in &self.details {
            write!(formatter, "\n  {line}")?;
        }
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}
