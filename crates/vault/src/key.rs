//! The vault key: one age X25519 identity in a file, in the format of `age-keygen`.
//!
//! This is the lowest step of the key ladder: a plaintext file of mode 0600. The steps above it hand
//! out the same file, unsealed into memory-backed storage, so nothing else here knows which step is in force.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use jiff::Timestamp;
use remo_secret::Secret;
use rustix::fs::{CWD, RenameFlags, fsync, renameat_with};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::private_file::{self, FILE_MODE, PrivateFileError};

/// A key file holds one identity and comments; what is larger is something else.
const KEY_FILE_MAX: u64 = 64 * 1024;

/// The key that opens and seals the store.
pub struct VaultKey {
    identity: Identity,
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VaultKey(…)")
    }
}

/// Why there is no key.
#[derive(Debug)]
pub enum KeyError {
    /// The file cannot be used.
    File(PrivateFileError),
    /// The file does not hold exactly one identity.
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
            Self::NotAnIdentity { path, found } => {
                write!(formatter, "{} holds {found} age identities; the vault key is one", path.display())
            }
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

impl VaultKey {
    /// Reads the key file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let content = private_file::read(path, KEY_FILE_MAX).map_err(KeyError::File)?;
        let text = content.expose_text().unwrap_or_default();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let not_an_identity = |found| KeyError::NotAnIdentity { path: path.to_owned(), found };
        match (lines.next(), lines.count()) {
            (None, _) => Err(not_an_identity(0)),
            (Some(line), 0) => {
                Identity::from_str(line).map(|identity| Self { identity }).map_err(|_| not_an_identity(0))
            }
            (Some(_), more) => Err(not_an_identity(more + 1)),
        }
    }

    /// Makes a key and writes it to a file that must not be there yet.
    ///
    /// The file appears whole or not at all, and an existing one is never replaced: `Ok(None)` means that
    /// somebody else was faster.
    pub fn create(path: &Path) -> Result<Option<Self>, KeyError> {
        let folder = private_file::prepare_folder(path).map_err(KeyError::File)?;
        let write = |source| KeyError::Write { path: path.to_owned(), source };
        let key = Self { identity: Identity::generate() };
        let draft = private_file::sibling(path, &format!(".{}.new", random_word().map_err(write)?));
        let made = key.write_new(&draft).and_then(|()| {
            match renameat_with(CWD, &draft, CWD, path, RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => Ok(false),
                Err(error) => Err(error.into()),
                Ok(()) => fs::File::open(&folder).and_then(|folder| Ok(fsync(folder)?)).map(|()| true),
            }
        });
        match made {
            Ok(true) => Ok(Some(key)),
            not_made => {
                let _ = fs::remove_file(&draft);
                not_made.map(|_| None).map_err(write)
            }
        }
    }

    fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
        let comments =
            format!("# created: {:.0}\n# public key: {}\n", Timestamp::now(), self.identity.to_public());
        let mut content = Secret::from_text(comments);
        content.append(self.identity.to_string().expose_secret().as_bytes());
        content.append(b"\n");
        file.write_all(content.expose())?;
        file.sync_all()
    }

    /// The public half, as age writes it; it may be shown.
    pub fn recipient(&self) -> String {
        self.identity.to_public().to_string()
    }

    /// The identity, for [`crate::store`] to seal and open with.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// 16 hexadecimal digits for the name of a draft. Not the process number: a draft that a dead process left behind
/// would be in the way of every later process of that number.
fn random_word() -> io::Result<String> {
    let mut bytes = [0; size_of::<u64>()];
    // Never cut short at this length (getrandom(2)).
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_a_dead_process_left_behind_is_in_nobodys_way() {
        let folder = std::env::temp_dir().join(format!("remo-vault-key-{}", random_word().unwrap()));
        let path = folder.join("key.txt");
        private_file::prepare_folder(&path).unwrap();
        let draft = private_file::sibling(&path, &format!(".{}.new", std::process::id()));
        fs::write(&draft, "left behind").unwrap();
        let made = VaultKey::create(&path).unwrap().unwrap();
        assert_eq!(VaultKey::load(&path).unwrap().recipient(), made.recipient());
        assert!(VaultKey::create(&path).unwrap().is_none(), "never replaced");
        fs::remove_dir_all(folder).unwrap();
    }
}
