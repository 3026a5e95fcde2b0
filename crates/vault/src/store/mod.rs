//! The embedded store: one age-encrypted file under the vault key.
//!
//! Readers take no lock: a write puts a whole new file in place, so what a reader has opened stays what it
//! was. Writers take turns, read what is there, and write nothing unless that could be decrypted; so a wrong
//! key or a damaged file never costs an entry.

mod document;
mod error;
mod lock;
mod replace;
mod sealed;

use std::io;
use std::path::{Path, PathBuf};

pub use document::{Change, Document, DocumentError};
pub use error::StoreError;
pub use replace::previous;
pub use sealed::SealedError;

use crate::key::VaultKey;
use crate::private_file;

/// The largest store that is read, in bytes. A push carries 1 MiB, so that a store comes nowhere near.
const STORE_MAX: u64 = 16 * 1024 * 1024;

/// An embedded store and the key file that opens it. Both are looked at anew by every operation.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    key_file: PathBuf,
}

/// Whether a change of the document is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Write the document.
    Write,
    /// Leave the store as it is.
    Leave,
}

impl Store {
    /// The store at `path`, opened with the key in `key_file`. Nothing is touched yet.
    pub fn new(path: &Path, key_file: &Path) -> Self {
        Self { path: path.to_owned(), key_file: key_file.to_owned() }
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
        // The store first: where there is none, the key is not what is missing.
        let ciphertext = self.ciphertext()?;
        let key = VaultKey::load(&self.key_file).map_err(StoreError::Key)?;
        self.decode(&key, &ciphertext)
    }

    /// Changes the store under the writer's lock. `change` gets the present document (an empty one where
    /// there is no store yet) and says whether to write it; `waiting` is called once when another writer
    /// takes its time.
    pub fn update<T, E: From<StoreError>>(
        &self,
        waiting: &mut dyn FnMut(),
        change: impl FnOnce(&mut Document) -> Result<(Commit, T), E>,
    ) -> Result<T, E> {
        let key = VaultKey::load(&self.key_file).map_err(StoreError::Key)?;
        private_file::prepare_folder(&self.path).map_err(StoreError::File)?;
        let lock_file = private_file::sibling(&self.path, ".lock");
        let _lock = lock::WriterLock::acquire(&lock_file, waiting).map_err(|source| {
            if source.kind() == io::ErrorKind::TimedOut {
                StoreError::Busy { path: self.path.clone() }
            } else {
                self.unwritable(source)
            }
        })?;
        let mut document = match self.ciphertext() {
            Ok(ciphertext) => self.decode(&key, &ciphertext)?,
            Err(StoreError::File(error)) if error.is_missing() => self.begin()?,
            Err(error) => return Err(error.into()),
        };
        let (commit, outcome) = change(&mut document)?;
        if commit == Commit::Write {
            self.write(&key, &document)?;
        }
        Ok(outcome)
    }

    /// The document that [`Store::update`] would hand to its change, without taking a lock or making anything.
    pub fn preview(&self) -> Result<Document, StoreError> {
        match self.read() {
            Err(StoreError::File(error)) if error.is_missing() => self.begin(),
            read => read,
        }
    }

    fn ciphertext(&self) -> Result<remo_secret::Secret, StoreError> {
        private_file::read(&self.path, STORE_MAX).map_err(StoreError::File)
    }

    fn decode(&self, key: &VaultKey, ciphertext: &remo_secret::Secret) -> Result<Document, StoreError> {
        let plaintext = sealed::open(key, ciphertext.expose())
            .map_err(|source| StoreError::Sealed { path: self.path.clone(), source })?;
        Document::decode(&plaintext).map_err(|source| StoreError::Content { path: self.path.clone(), source })
    }

    /// A new document, unless the traces of an older store say that one should be there.
    fn begin(&self) -> Result<Document, StoreError> {
        if replace::previous(&self.path).exists() {
            return Err(StoreError::Gone { path: self.path.clone() });
        }
        Ok(Document::default())
    }

    fn write(&self, key: &VaultKey, document: &Document) -> Result<(), StoreError> {
        let written = document
            .encode()
            .map_err(io::Error::other)
            .and_then(|plaintext| sealed::seal(key, &plaintext))
            .and_then(|ciphertext| replace::replace(&self.path, &ciphertext));
        written.map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: io::Error) -> StoreError {
        StoreError::Write { path: self.path.clone(), source }
    }
}
