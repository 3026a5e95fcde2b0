//! Where secrets come from: one interface over every kind of store.
//!
//! A source is always read as a whole, because a push replaces the whole snapshot. What cannot be
//! read is sorted by what that means: a store that cannot be read at all is an error, and nothing is pushed;
//! a single entry that cannot be read is a [`Fault`], and the broker keeps the value it has; a name that the
//! broker would refuse is left out and reported.

mod embedded;
pub(crate) mod fnox;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

pub use embedded::Embedded;
pub use fnox::{Fnox, FnoxError};

use crate::store::StoreError;

/// Everything that a source holds, at one moment.
#[derive(Debug, Default)]
pub struct Reading {
    /// The secrets.
    pub secrets: BTreeMap<SecretName, Entry>,
    /// Entries that are there but cannot be read at the moment.
    pub faults: BTreeMap<SecretName, Fault>,
    /// Names that are no secret names, as the source has them.
    pub unpushable: Vec<String>,
    /// The file that all this was read from, as it was then: ciphertext.
    pub sealed: Vec<u8>,
    /// For each secret, where the source has such a thing, a mark that changes with its ciphertext and says nothing
    /// about its value.
    pub marks: BTreeMap<SecretName, String>,
}

/// One secret of a [`Reading`].
#[derive(Debug)]
pub struct Entry {
    /// Its value.
    pub value: PushedSecret,
    /// When it was last changed, where the source knows.
    pub changed_at: Option<Timestamp>,
}

/// Why a single entry cannot be read; no value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    problem: String,
}

impl Fault {
    /// A fault in words that continue "NAME: …".
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problem)
    }
}

/// Why a source cannot be read at all.
#[derive(Debug)]
pub enum SourceError {
    /// The embedded store.
    Embedded(StoreError),
    /// A fnox configuration.
    Fnox(FnoxError),
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Embedded(error) => error.hint(),
            Self::Fnox(error) => error.hint(),
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(error) => error.fmt(formatter),
            Self::Fnox(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Embedded(error) => error.source(),
            Self::Fnox(error) => error.source(),
        }
    }
}

/// A store of secrets that can be read as a whole.
pub trait Source {
    /// Reads everything.
    ///
    /// # Errors
    /// Only when the source cannot be read at all; then nothing may be concluded about what it holds. A
    /// source that is not there is such a case, not an empty one.
    fn read_all(&self) -> Result<Reading, SourceError>;

    /// The files whose change can change what [`Source::read_all`] returns.
    fn watched_files(&self) -> Vec<PathBuf>;
}
