//! The embedded store: one age-encrypted file under the vault key.
//!
//! Readers take no lock: a write puts a whole new file in place, so what a reader has opened stays what it
//! was. Writers take turns, read what is there, and write nothing unless that could be decrypted; so a wrong
//! key or a damaged file never costs an entry.

mod any;
mod content;
mod document;
mod error;
mod fnox;
mod good;
mod lock;
mod replace;
mod sealed;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

pub use any::AnyStore;
pub use content::{Change, Content};
pub use document::{Document, DocumentError, Kind};
pub use error::{OUTGROWN_HINT, StoreError};
pub use fnox::{FnoxContent, FnoxStore};
pub use good::{good_copy, keep_good};
pub use replace::previous;
pub use sealed::SealedError;

pub(crate) use lock::{WriterLock, wait_until};
pub(crate) use sealed::{MAGIC as AGE_MAGIC, open, seal};

use remo_secret::Secret;

use self::replace::ReplaceError;
use crate::key::VaultKey;
use crate::private_file;

/// The largest store that is read, and so the largest that is written, in bytes. The commands refuse to let a store
/// grow beyond one push of 1 MiB, so that it comes nowhere near.
const STORE_MAX: u64 = 16 * 1024 * 1024;

/// An embedded store and the key file that opens it. Both are looked at anew by every operation.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    key_file: PathBuf,
    kind: Kind,
}

/// Whether a change of the document is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Write the document.
    Write,
    /// Leave the store as it is.
    Leave,
}

/// Makes the folder of the store at `path` unless it is there, and takes the writer's lock.
fn locked(path: &Path, waiting: &mut dyn FnMut()) -> Result<lock::WriterLock, StoreError> {
    private_file::prepare_folder(path).map_err(StoreError::File)?;
    let lock_file = private_file::sibling(path, ".lock");
    lock::WriterLock::acquire(&lock_file, waiting).map_err(|source| {
        if source.kind() == io::ErrorKind::TimedOut {
            StoreError::Busy { path: path.to_owned() }
        } else {
            StoreError::Write { path: path.to_owned(), source }
        }
    })
}

/// Whether a store at `path` has left ciphertext beside its place.
pub(crate) fn has_traces(path: &Path) -> bool {
    previous(path).exists() || good_copy(path).exists()
}

/// Puts `content` in the place of the store at `path`, in one step, and keeps what was there. The caller holds the
/// writer's lock.
fn put(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    put_if(path, content, &mut || true).map(drop)
}

/// [`put`], if `still` says, right before that step, that the store is as `content` supposes; whether it did.
fn put_if(path: &Path, content: &[u8], still: &mut dyn FnMut() -> bool) -> Result<bool, StoreError> {
    replaced(path, replace::replace(path, content, still))
}

/// Fails unless a file could be written beside the store at `path`. Makes its folder unless it is there; the caller
/// holds the writer's lock.
fn probe(path: &Path) -> Result<(), StoreError> {
    replace::probe(path).map_err(|source| StoreError::Write { path: path.to_owned(), source })
}

fn replaced<T>(path: &Path, outcome: Result<T, ReplaceError>) -> Result<T, StoreError> {
    outcome.map_err(|error| match error {
        ReplaceError::Unchanged(source) => StoreError::Write { path: path.to_owned(), source },
        ReplaceError::Unconfirmed(source) => StoreError::Unconfirmed { path: path.to_owned(), source },
    })
}

impl Store {
    /// The store at `path`, opened with the key in `key_file`. Nothing is touched yet.
    pub fn new(path: &Path, key_file: &Path) -> Self {
        Self { path: path.to_owned(), key_file: key_file.to_owned(), kind: Kind::Secrets }
    }

    /// The records of logins at `path`: the same kind of file, but no store of secrets, and without the version before
    /// its last write, so that what is forgotten is gone.
    pub fn of_logins(path: &Path, key_file: &Path) -> Self {
        Self { kind: Kind::Logins, ..Self::new(path, key_file) }
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its key is.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Reads and decrypts the whole store.
    pub fn read(&self) -> Result<Document, StoreError> {
        self.read_with_file().map(|(document, _)| document)
    }

    /// [`Store::read`], with the file as it was read.
    pub fn read_with_file(&self) -> Result<(Document, Vec<u8>), StoreError> {
        // The store first: where there is none, the key is not what is missing.
        let ciphertext = self.ciphertext()?;
        let key = VaultKey::load_for(&self.path, &self.key_file).map_err(StoreError::Key)?;
        Ok((self.decode(&key, &ciphertext)?, ciphertext.expose().to_vec()))
    }

    /// Changes the store under the writer's lock. `change` gets the present document (an empty one where
    /// there is no store yet) and says whether to write it; `waiting` is called once when another writer
    /// takes its time.
    pub fn update<T, E: From<StoreError>>(
        &self,
        waiting: &mut dyn FnMut(),
        change: impl FnOnce(&mut Document) -> Result<(Commit, T), E>,
    ) -> Result<T, E> {
        // Before anything is made: where there is no key, there is no store to begin.
        VaultKey::load_for(&self.path, &self.key_file).map_err(StoreError::Key)?;
        let _lock = locked(&self.path, waiting)?;
        // Only now: while this waited, the key may have been rotated by the one that held the lock.
        let key = VaultKey::load_for(&self.path, &self.key_file).map_err(StoreError::Key)?;
        let mut document = match self.ciphertext() {
            Ok(ciphertext) => self.decode(&key, &ciphertext)?,
            Err(StoreError::File(error)) if error.is_missing() => Document::empty(self.kind),
            Err(error) => return Err(error.into()),
        };
        let before = document.names();
        let (commit, outcome) = change(&mut document)?;
        if commit == Commit::Write {
            let removed: BTreeSet<_> = before.difference(&document.names()).cloned().collect();
            self.forget(&key, &removed)?;
            self.write(&key, &document)?;
            // A watcher may have kept once more what it had read before.
            self.forget(&key, &removed)?;
        }
        Ok(outcome)
    }

    /// The document that [`Store::update`] would hand to its change, without taking a lock or making anything.
    pub fn preview(&self) -> Result<Document, StoreError> {
        match self.read() {
            Err(StoreError::File(error)) if error.is_missing() => Ok(Document::empty(self.kind)),
            read => read,
        }
    }

    /// Fails when [`Store::update`] could not write: for who has something to do first that is not to be in vain.
    pub fn check_writable(&self, waiting: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.update(waiting, |_| probe(&self.path).map(|()| (Commit::Leave, ())))
    }

    /// The file as it is. Missing is only a store that has left no traces of an older one.
    fn ciphertext(&self) -> Result<Secret, StoreError> {
        private_file::read(&self.path, STORE_MAX).map_err(|error| {
            if error.is_missing() && has_traces(&self.path) {
                StoreError::Gone { path: self.path.clone() }
            } else {
                StoreError::File(error)
            }
        })
    }

    fn decode(&self, key: &VaultKey, ciphertext: &Secret) -> Result<Document, StoreError> {
        let plaintext = sealed::open(key, ciphertext.expose())
            .map_err(|source| StoreError::Sealed { path: self.path.clone(), source })?;
        Document::decode(&plaintext, self.kind)
            .map_err(|source| StoreError::Content { path: self.path.clone(), source })
    }

    fn forget(&self, key: &VaultKey, removed: &BTreeSet<String>) -> Result<(), StoreError> {
        if removed.is_empty() {
            return Ok(());
        }
        good::forget(&self.path, |copy| self.without(key, copy, removed))
    }

    /// The store in `ciphertext` without `names`; `None` where it has none of them.
    fn without(
        &self,
        key: &VaultKey,
        ciphertext: &Secret,
        names: &BTreeSet<String>,
    ) -> Result<Option<Secret>, StoreError> {
        let mut document = self.decode(key, ciphertext)?;
        let removed = names.iter().filter(|name| document.remove(name)).count();
        if removed == 0 { Ok(None) } else { self.sealed(key, &document).map(|it| Some(Secret::new(it))) }
    }

    fn sealed(&self, key: &VaultKey, document: &Document) -> Result<Vec<u8>, StoreError> {
        let sealed = document.encode().map_err(io::Error::other);
        let sealed = sealed.and_then(|plaintext| sealed::seal(key, &plaintext));
        sealed.map_err(|source| self.unwritable(source))
    }

    fn write(&self, key: &VaultKey, document: &Document) -> Result<(), StoreError> {
        let ciphertext = self.sealed(key, document)?;
        if u64::try_from(ciphertext.len()).is_ok_and(|size| size > STORE_MAX) {
            return Err(StoreError::Outgrown { path: self.path.clone(), limit: STORE_MAX });
        }
        match self.kind {
            Kind::Secrets => put(&self.path, &ciphertext),
            Kind::Logins => replaced(&self.path, replace::replace_for_good(&self.path, &ciphertext)),
        }
    }

    fn unwritable(&self, source: io::Error) -> StoreError {
        StoreError::Write { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use remo_wire::admin::PushedSecret;
    use remo_wire::names::SecretName;

    use super::*;

    #[test]
    fn nothing_is_written_that_could_not_be_read_again() {
        let folder = std::env::temp_dir().join(format!("remo-vault-store-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (path, key_file) = (folder.join("store.age"), folder.join("key.txt"));
        VaultKey::create(&key_file).unwrap().unwrap();
        let store = Store::new(&path, &key_file);
        let name = SecretName::new("gh").unwrap();
        let set = |length: usize| {
            let value = PushedSecret::Scalar(Secret::new(vec![b'x'; length]));
            store.update::<_, StoreError>(&mut || (), |document| {
                Ok((Commit::Write, document.set(&name, &value)))
            })
        };
        set(1).unwrap();
        let refused = set(usize::try_from(STORE_MAX).unwrap());
        assert!(matches!(refused, Err(StoreError::Outgrown { .. })), "{refused:?}");
        assert!(store.read().unwrap().contains("gh"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
