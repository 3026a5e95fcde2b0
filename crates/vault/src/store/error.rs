//! What can be wrong with a store, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::document::{DocumentError, Kind};
use super::good::good_copy;
use super::lock::PATIENCE;
use super::replace::previous;
use super::sealed::SealedError;
use crate::key::KeyError;
use crate::private_file::{PrivateFileError, storage_hint};
use crate::source::FnoxError;

/// Why the store cannot be read or written. In each case but [`StoreError::Unconfirmed`] and [`StoreError::GoodCopy`]
/// what was stored is as it was.
#[derive(Debug)]
pub enum StoreError {
    /// The vault key cannot be had.
    Key(KeyError),
    /// The file cannot be used.
    File(PrivateFileError),
    /// The file does not open.
    Sealed {
        /// The store.
        path: PathBuf,
        /// Why.
        source: SealedError,
    },
    /// The file opens, but what is inside is not a document of this version.
    Content {
        /// The store.
        path: PathBuf,
        /// Why.
        source: DocumentError,
    },
    /// The store is fnox's, and cannot be read.
    Fnox(FnoxError),
    /// fnox does not write the store.
    FnoxWrite {
        /// The store.
        path: PathBuf,
        /// Why.
        source: FnoxError,
    },
    /// The store has gone, but the ciphertext before its last write is there: not a store to begin anew.
    Gone {
        /// The store.
        path: PathBuf,
    },
    /// Another writer keeps the lock.
    Busy {
        /// The store.
        path: PathBuf,
    },
    /// What is to be written is larger than what is read.
    Outgrown {
        /// The store.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is written, but the system does not confirm that it would survive a loss of power.
    Unconfirmed {
        /// The store.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is removed cannot be taken out of the good copy.
    GoodCopy {
        /// The good copy.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    Write {
        /// The store.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the file itself is what is wrong, and stays so however often it is read.
    pub(super) fn is_about_content(&self) -> bool {
        match self {
            Self::File(_) | Self::Sealed { .. } | Self::Content { .. } => true,
            Self::Fnox(error) => error.is_about_content(),
            _ => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Key(error) => error.hint(),
            Self::File(error) if error.is_missing() => Some(format!(
                "store a first secret with: remo-vault set NAME --store {}",
                error.path().display()
            )),
            Self::File(error) if error.is_too_large() => Some(restore_hint(error.path())),
            Self::File(error) => error.hint(),
            Self::Sealed { source: SealedError::WrongKey, .. } => {
                Some("name the key that the store was made with: --key-file FILE".to_owned())
            }
            Self::Content { source: DocumentError::Format(_), .. } => {
                Some("install the release of remo-vault that wrote it, or a later one".to_owned())
            }
            Self::Content { source: DocumentError::Kind(Kind::Logins), .. } => Some(
                "name the store of secrets itself: --store FILE; see the logins with: remo-login status"
                    .to_owned(),
            ),
            Self::Content { path, source: DocumentError::Kind(Kind::Secrets) } => {
                let path = path.display();
                Some(format!("move it away: mv {path} {path}.aside; then log in again"))
            }
            Self::Sealed { path, .. } | Self::Gone { path } | Self::Content { path, .. } => {
                Some(restore_hint(path))
            }
            Self::Fnox(error) | Self::FnoxWrite { source: error, .. } => error.hint(),
            Self::Busy { path } => Some(format!("see who holds it: fuser -v {}.lock", path.display())),
            Self::Outgrown { .. } => Some(OUTGROWN_HINT.to_owned()),
            Self::Unconfirmed { .. } => {
                Some("look at the disk (dmesg | tail); what is stored now shows: remo-vault list".to_owned())
            }
            Self::GoodCopy { path, .. } => Some(format!(
                "what is stored now shows: remo-vault list; so that nothing comes back: rm {}",
                path.display()
            )),
            Self::Write { path, source } => storage_hint(source, path),
        }
    }
}

/// What to do when there is no room in the store.
pub const OUTGROWN_HINT: &str = "store keys and tokens, not data files; see what is there: remo-vault list, and make room: remo-vault remove NAME";

/// How to get back to the version before the last write, if there is one.
fn restore_hint(store: &Path) -> String {
    let good = good_copy(store).exists();
    let (store, previous) = (store.display(), previous(store));
    match (previous.exists(), good) {
        (true, _) => {
            let previous = previous.display();
            let or_good = if good { OR_GOOD } else { "" };
            format!(
                "the version before the last change is {previous}; look into it with:\n      \
                 remo-vault list --store {previous}\n      and take it back with: cp -p {previous} {store}{or_good}"
            )
        }
        (false, true) => {
            "take the last copy back that the broker has taken as a whole: remo-vault restore".to_owned()
        }
        (false, false) => format!("take {store} back from a backup, or move it away to begin a new store"),
    }
}

/// Where there is a good copy as well.
const OR_GOOD: &str =
    "\n      or take the last copy back that the broker has taken as a whole: remo-vault restore";

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(formatter),
            Self::Fnox(error) => error.fmt(formatter),
            Self::File(_) => formatter.write_str("cannot use the store"),
            Self::Sealed { path, .. } => write!(formatter, "cannot open the store {}", path.display()),
            Self::Content { path, .. } => write!(formatter, "cannot understand the store {}", path.display()),
            Self::Gone { path } => {
                let left = if previous(path).exists() { previous(path) } else { good_copy(path) };
                write!(
                    formatter,
                    "the store {} has gone, while {} is still there",
                    path.display(),
                    left.display()
                )
            }
            Self::Busy { path } => write!(
                formatter,
                "another remo-vault has been writing to {} for {} seconds; the store is as it was before",
                path.display(),
                PATIENCE.as_secs()
            ),
            Self::Outgrown { path, limit } => write!(
                formatter,
                "the store {} would be larger than {limit} bytes; it is as it was before",
                path.display()
            ),
            Self::Unconfirmed { path, .. } => write!(
                formatter,
                "the store {} is changed, but the system does not confirm that the change would survive a loss of \
                 power",
                path.display()
            ),
            Self::GoodCopy { path, .. } => {
                write!(formatter, "cannot take what is to be removed out of the good copy {}", path.display())
            }
            Self::FnoxWrite { path, .. } | Self::Write { path, .. } => {
                write!(formatter, "cannot write the store {}; it is as it was before", path.display())
            }
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key(error) => error.source(),
            Self::File(error) => Some(error),
            Self::Sealed { source, .. } => Some(source),
            Self::Content { source, .. } => Some(source),
            Self::Fnox(error) => error.source(),
            Self::FnoxWrite { source, .. } => Some(source),
            Self::Write { source, .. } | Self::Unconfirmed { source, .. } | Self::GoodCopy { source, .. } => {
                Some(source)
            }
            Self::Outgrown { .. } | Self::Gone { .. } | Self::Busy { .. } => None,
        }
    }
}
