//! Why there is no usable key in a file.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::private_file::{self, PrivateFileError};

/// Why there is no key.
#[derive(Debug)]
pub enum KeyError {
    /// The file cannot be used.
    File(PrivateFileError),
    /// The file does not hold one identity, or two different ones.
    NotAnIdentity {
        /// The key file.
        path: PathBuf,
        /// How many identities it holds.
        found: usize,
    },
    /// A new key cannot be written.
    Write {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) if error.is_missing() => Some(format!(
                "make a key with: remo-vault key ensure --key-file {0}\n      or name the one you have with \
                 --key-file FILE",
                error.path().display()
            )),
            Self::File(error) if !error.is_too_large() => error.hint(),
            Self::File(_) | Self::NotAnIdentity { .. } => Some(
                "a key file has one line that begins with AGE-SECRET-KEY-1; name it with --key-file FILE"
                    .into(),
            ),
            Self::Write { path, source } => private_file::storage_hint(source, path),
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => formatter.write_str("cannot use the vault key"),
            Self::NotAnIdentity { path, found: 0 } => {
                write!(formatter, "{} holds no age X25519 identity", path.display())
            }
            Self::NotAnIdentity { path, found } => write!(
                formatter,
                "{} holds {found} age identities; the vault key is one, or two different ones while it is rotated",
                path.display()
            ),
            Self::Write { path, .. } => write!(formatter, "cannot write the new key {}", path.display()),
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::Write { source, .. } => Some(source),
            Self::NotAnIdentity { .. } => None,
        }
    }
}
