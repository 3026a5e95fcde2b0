//! Why a store was not sealed anew.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::key::KeyError;
use crate::private_file::storage_hint;
use crate::source::SourceError;
use crate::store::SealedError;

/// Why a store was not sealed anew. Files that were put in place before are under the new key; all others are as
/// they were, and both keys open everything.
#[derive(Debug)]
pub enum ResealError {
    /// The key file cannot be used.
    Key(KeyError),
    /// The store cannot be read as a whole.
    Source(SourceError),
    /// A file does not open.
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SealedError,
    },
    /// A part of a fnox configuration cannot be sealed anew.
    Fnox {
        /// The configuration.
        path: PathBuf,
        /// Why, with the entry where it is one.
        problem: String,
    },
    /// What was written does not read as what was there.
    Unfaithful {
        /// The file, which is as it was.
        path: PathBuf,
    },
    /// Somebody keeps writing to a file.
    Restless {
        /// The file.
        path: PathBuf,
    },
    /// Another writer keeps the lock.
    Busy {
        /// The store.
        path: PathBuf,
    },
    /// The system refuses.
    System {
        /// What was attempted, for instance "write".
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl ResealError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Key(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Sealed { path, .. } => Some(format!(
                "put {0} back from a copy that opens, or move it away if it is not needed",
                path.display()
            )),
            Self::Fnox { .. } => {
                Some("store it again (remo-vault set NAME) or remove it, then rotate again".to_owned())
            }
            Self::Unfaithful { .. } => {
                Some("look at the disk (dmesg | tail), then rotate again; nothing is lost".to_owned())
            }
            Self::Restless { .. } => Some("stop what writes to it, then rotate again".to_owned()),
            Self::Busy { path } => Some(format!("see who holds it: fuser -v {}.lock", path.display())),
            Self::System { path, source, .. } => storage_hint(source, path),
        }
    }
}

impl fmt::Display for ResealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
            Self::Sealed { path, .. } => {
                write!(formatter, "cannot open {}, so it cannot be sealed anew", path.display())
            }
            Self::Fnox { path, problem } => {
                write!(formatter, "cannot seal {} anew: {problem}", path.display())
            }
            Self::Unfaithful { path } => write!(
                formatter,
                "what was sealed anew does not read as {} did; that file is as it was",
                path.display()
            ),
            Self::Restless { path } => {
                write!(formatter, "{} changes all the time; it is as its last writer left it", path.display())
            }
            Self::Busy { path } => {
                write!(formatter, "another remo-vault has been writing to {} for a while", path.display())
            }
            Self::System { attempt, path, .. } => write!(formatter, "cannot {attempt} {}", path.display()),
        }
    }
}

impl std::error::Error for ResealError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key(error) => error.source(),
            Self::Source(error) => error.source(),
            Self::Sealed { source, .. } => Some(source),
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
