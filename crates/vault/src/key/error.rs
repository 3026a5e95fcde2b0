//! Why there is no usable key in a file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::tier::TIER_FILE;
use crate::private_file::{self, PrivateFileError};

/// The unsealed vault key, in memory-backed storage, unless another file is named.
pub const USUAL_KEY_FILE: &str = "/run/remo-vault-key/key.txt";

/// Why there is no key.
#[derive(Debug)]
pub enum KeyError {
    /// The file cannot be used.
    File(PrivateFileError),
    /// There is no key file, but there is a store that it belongs to.
    Lost {
        /// The store.
        store: PathBuf,
        /// The key file.
        source: PrivateFileError,
    },
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
            Self::File(error) | Self::Lost { source: error, .. } if error.is_missing() && is_sealed(error) => {
                Some("unseal it, on the host, as root: remo-vault key unseal".to_owned())
            }
            Self::Lost { store, .. } => Some(format!(
                "the store {} belongs to a key that is there already: put that one back, or name it with --key-file \
                 FILE",
                store.display()
            )),
            Self::File(error) if error.is_missing() && error.path() == Path::new(USUAL_KEY_FILE) => Some(
                "on the host, as root: remo-vault key ensure\n      or name a store and a key of your own with \
                 REMO_VAULT_STORE and REMO_VAULT_KEY_FILE, see docs/guides/by-hand.md"
                    .to_owned(),
            ),
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

/// Whether the record beside a missing key says that there is a sealed one.
fn is_sealed(missing: &PrivateFileError) -> bool {
    missing.path().with_file_name(TIER_FILE).exists()
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) | Self::Lost { .. } => formatter.write_str("cannot use the vault key"),
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
            Self::File(error) | Self::Lost { source: error, .. } => Some(error),
            Self::Write { source, .. } => Some(source),
            Self::NotAnIdentity { .. } => None,
        }
    }
}
