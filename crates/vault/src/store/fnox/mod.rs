//! The fnox configuration as a store that commands change.
//!
//! fnox itself encrypts and writes, but never on the store: it works on a private copy, which is read back and
//! compared before it takes the store's place in one step. Our writers take turns; who types `fnox set` meanwhile
//! does not know of the lock, so a store that has changed since it was read is read again, and the change is made
//! on what is there then. That it has not is seen last, when all that is left is one renaming.

mod draft;
mod edits;

use std::collections::BTreeSet;
use std::path::Path;

use remo_secret::Secret;

use self::draft::Draft;
use self::edits::Edits;
pub use self::edits::FnoxContent;
use super::{Commit, Content, StoreError, good, has_traces, locked, probe, put_if};
use crate::key::VaultKey;
use crate::private_file::{self, PrivateFileError};
use crate::source::fnox::configuration::Configuration;
use crate::source::fnox::{CONFIGURATION_MAX, find};
use crate::source::{Fnox, FnoxError};

/// How often a store that somebody else writes at the same time is read again.
const OVERTAKEN_MAX: u32 = 10;

/// A fnox configuration, its key and the program that writes it.
#[derive(Debug, Clone)]
pub struct FnoxStore {
    fnox: Fnox,
}

impl FnoxStore {
    /// The store that `fnox` reads.
    pub fn new(fnox: Fnox) -> Self {
        Self { fnox }
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.fnox.store
    }

    /// The same with the configuration at another path.
    pub(super) fn at(&self, path: &Path) -> Self {
        Self { fnox: Fnox { store: path.to_owned(), ..self.fnox.clone() } }
    }

    /// Reads the whole store.
    pub fn read(&self) -> Result<FnoxContent, StoreError> {
        self.content(&self.file()?)
    }

    /// What [`FnoxStore::update`] would hand to its change.
    pub fn preview(&self) -> Result<FnoxContent, StoreError> {
        match self.read() {
            Err(StoreError::File(error)) if error.is_missing() => Ok(FnoxContent::default()),
            read => read,
        }
    }

    /// Writes a configuration with a provider for the vault key, unless there is a store; whether it did.
    pub fn initialise(&self, waiting: &mut dyn FnMut()) -> Result<bool, StoreError> {
        // Before anything is made: where there is no key, there is no store to begin.
        VaultKey::load_for(self.path(), &self.fnox.key_file).map_err(StoreError::Key)?;
        let _lock = locked(self.path(), waiting)?;
        let key = self.key()?;
        match self.file() {
            Err(StoreError::File(error)) if error.is_missing() => {
                let mut still = || self.file_now().is_err();
                let made = put_if(self.path(), fresh(&key.recipient()).as_bytes(), &mut still)?;
                Ok(made)
            }
            Err(error) => Err(error),
            Ok(text) => {
                let configuration = self.parse(&text)?;
                self.provider(&configuration, &key)?;
                Ok(false)
            }
        }
    }

    /// Changes the store under the writer's lock; see [`AnyStore::update`](super::AnyStore::update).
    pub fn update<T, E: From<StoreError>>(
        &self,
        waiting: &mut dyn FnMut(),
        change: impl FnOnce(&mut dyn Content) -> Result<(Commit, T), E>,
    ) -> Result<T, E> {
        VaultKey::load_for(self.path(), &self.fnox.key_file).map_err(StoreError::Key)?;
        let program = find::program(self.fnox.program.as_deref()).map_err(StoreError::Fnox)?;
        let _lock = locked(self.path(), waiting)?;
        let key = self.key()?;
        let mut present = self.present_or_fresh(&key)?;
        let mut content = self.content(&present)?;
        let (commit, outcome) = change(&mut content)?;
        if commit == Commit::Leave {
            return Ok(outcome);
        }
        let edits = content.edits().iter();
        let removed = edits.filter(|(_, edit)| edit.is_none()).map(|(name, _)| name.clone()).collect();
        self.forget(&removed)?;
        for _ in 0..OVERTAKEN_MAX {
            let provider = self.provider(&self.parse(&present)?, &key)?;
            let draft = Draft::new(self.path(), &present).map_err(|source| self.unwritable(source))?;
            let written = draft.apply(&self.fnox, &program, &provider, content.edits())?;
            drop(draft);
            // Not a patient look: this is between the writing and the renaming.
            let mut still = || file_or_fresh(self.file_now(), &key).is_ok_and(|now| now == present);
            if put_if(self.path(), written.expose(), &mut still)? {
                // A watcher may have kept once more what it had read before.
                self.forget(&removed)?;
                return Ok(outcome);
            }
            present = self.present_or_fresh(&key)?;
        }
        Err(StoreError::Busy { path: self.path().to_owned() }.into())
    }

    /// Fails when [`FnoxStore::update`] could not write.
    pub fn check_writable(&self, waiting: &mut dyn FnMut()) -> Result<(), StoreError> {
        VaultKey::load_for(self.path(), &self.fnox.key_file).map_err(StoreError::Key)?;
        find::program(self.fnox.program.as_deref()).map_err(StoreError::Fnox)?;
        let _lock = locked(self.path(), waiting)?;
        let key = self.key()?;
        self.provider(&self.parse(&self.present_or_fresh(&key)?)?, &key)?;
        probe(self.path())
    }

    /// Takes what is removed out of the good copy.
    fn forget(&self, removed: &BTreeSet<String>) -> Result<(), StoreError> {
        if removed.is_empty() {
            return Ok(());
        }
        good::forget(self.path(), |copy| self.without(copy, removed))
    }

    /// The configuration in `text` without the entries `names`; `None` where it has none of them. The caller holds the
    /// writer's lock.
    pub(super) fn without(
        &self,
        text: &Secret,
        names: &BTreeSet<String>,
    ) -> Result<Option<Secret>, StoreError> {
        let configuration = self.parse(text)?;
        let edits: Edits =
            names.iter().filter(|name| configuration.has(name)).map(|name| (name.clone(), None)).collect();
        if edits.is_empty() {
            return Ok(None);
        }
        let program = find::program(self.fnox.program.as_deref()).map_err(StoreError::Fnox)?;
        let draft = Draft::new(self.path(), text).map_err(|source| self.unwritable(source))?;
        // Without a value, no provider is needed.
        draft.apply(&self.fnox, &program, "", &edits).map(Some)
    }

    /// The key, under the lock: while this waited, it may have been rotated by the one that held it.
    fn key(&self) -> Result<VaultKey, StoreError> {
        VaultKey::load_for(self.path(), &self.fnox.key_file).map_err(StoreError::Key)
    }

    /// The file as it is, or as it is begun.
    fn present_or_fresh(&self, key: &VaultKey) -> Result<Secret, StoreError> {
        file_or_fresh(self.file(), key)
    }

    /// The file once nobody is in the midst of writing it. Missing is only a store that has left no traces of an older
    /// one.
    fn file(&self) -> Result<Secret, StoreError> {
        self.unless_gone(self.fnox.file())
    }

    /// The file as it is.
    fn file_now(&self) -> Result<Secret, StoreError> {
        self.unless_gone(private_file::read(self.path(), CONFIGURATION_MAX))
    }

    fn unless_gone(&self, file: Result<Secret, PrivateFileError>) -> Result<Secret, StoreError> {
        file.map_err(|error| {
            if error.is_missing() && has_traces(self.path()) {
                StoreError::Gone { path: self.path().to_owned() }
            } else {
                StoreError::File(error)
            }
        })
    }

    fn parse(&self, text: &Secret) -> Result<Configuration, StoreError> {
        Configuration::parse(text, self.path()).map_err(StoreError::Fnox)
    }

    fn content(&self, text: &Secret) -> Result<FnoxContent, StoreError> {
        let reading = self.fnox.read(self.parse(text)?).map_err(StoreError::Fnox)?;
        Ok(FnoxContent::new(reading))
    }

    /// The provider that new entries are sealed with: one whose recipients have the vault key among them, or, while a
    /// rotation has not come to this store, the key before it.
    fn provider(&self, configuration: &Configuration, key: &VaultKey) -> Result<String, StoreError> {
        let mut recipients = std::iter::once(key.recipient()).chain(key.retiring_recipient());
        let provider = recipients.find_map(|one| configuration.provider_for(&one).map(str::to_owned));
        provider.ok_or_else(|| {
            StoreError::Fnox(FnoxError::NoProvider {
                store: self.path().to_owned(),
                recipient: key.recipient(),
            })
        })
    }

    fn unwritable(&self, source: std::io::Error) -> StoreError {
        StoreError::Write { path: self.path().to_owned(), source }
    }
}

/// The `file` as it is, or as it is begun.
fn file_or_fresh(file: Result<Secret, StoreError>, key: &VaultKey) -> Result<Secret, StoreError> {
    match file {
        Err(StoreError::File(error)) if error.is_missing() => Ok(Secret::from_text(fresh(&key.recipient()))),
        file => file,
    }
}

/// A configuration without secrets, for the vault key alone.
fn fresh(recipient: &str) -> String {
    format!(
        "# The secrets of this vault, each encrypted for the vault key. To use fnox on it in a shell:\n\
         #   eval \"$(remo-vault env)\"\n\
         root = true\n\
         default_provider = \"vault\"\n\
         \n\
         [providers.vault]\n\
         type = \"age\"\n\
         recipients = [\"{recipient}\"]\n\
         \n\
         [secrets]\n"
    )
}
