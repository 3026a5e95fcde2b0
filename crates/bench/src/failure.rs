//! Why a measure has no figure.

use std::fmt;

/// A problem in words, ready to be printed.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A problem.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }

    /// For `map_err`: what was attempted, and what the system said.
    pub fn because<E: fmt::Display>(attempt: impl fmt::Display) -> impl FnOnce(E) -> Self {
        move |error| Self(format!("{attempt}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<remo_wire::client::ClientError> for Failure {
    fn from(error: remo_wire::client::ClientError) -> Self {
        let source =
            std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        Self(format!("{error}{source}"))
    }
}
