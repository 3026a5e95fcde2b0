//! The store that the command line names, of whatever kind.

use std::collections::BTreeSet;
use std::path::Path;

use remo_secret::Secret;

use super::fnox::FnoxStore;
use super::{Commit, Content, STORE_MAX, Store, StoreError, good_copy, locked, put};
use crate::key::VaultKey;
use crate::private_file;

/// A store of one of the kinds.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// One age-encrypted file.
    Embedded(Store),
    /// A fnox configuration.
    Fnox(FnoxStore),
}

impl AnyStore {
    /// Where the store is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Embedded(store) => store.path(),
            Self::Fnox(store) => store.path(),
        }
    }

    /// What the store holds; where there is none, that is an error.
    pub fn read(&self) -> Result<Box<dyn Content>, StoreError> {
        Ok(match self {
            Self::Embedded(store) => Box::new(store.read()?),
            Self::Fnox(store) => Box::new(store.read()?),
        })
    }

    /// Changes the store under the writer's lock. `change` gets the present content (an empty one where there is no
    /// store yet) and says whether to write it; `waiting` is called once when another writer takes its time.
    pub fn update<T, E: From<StoreError>>(
        &self,
        waiting: &mut dyn FnMut(),
        change: impl FnOnce(&mut dyn Content) -> Result<(Commit, T), E>,
    ) -> Result<T, E> {
        match self {
            Self::Embedded(store) => store.update(waiting, |document| change(document)),
            Self::Fnox(store) => store.update(waiting, change),
        }
    }

    /// Fails when [`AnyStore::update`] could not write: no program, no provider for the vault key, a folder or disk that
    /// takes no file, another writer that keeps the lock.
    pub fn check_writable(&self, waiting: &mut dyn FnMut()) -> Result<(), StoreError> {
        match self {
            Self::Embedded(store) => store.check_writable(waiting),
            Self::Fnox(store) => store.check_writable(waiting),
        }
    }

    /// The store of the same kind and key at another path.
    #[must_use]
    pub fn at(&self, path: &Path) -> Self {
        match self {
            Self::Embedded(store) => Self::Embedded(Store::new(path, store.key_file())),
            Self::Fnox(store) => Self::Fnox(store.at(path)),
        }
    }

    /// The good copy of the store as it is; `None` where there is none.
    pub fn good_copy(&self) -> Result<Option<Secret>, StoreError> {
        match private_file::read(&good_copy(self.path()), STORE_MAX) {
            Err(error) if error.is_missing() => Ok(None),
            read => read.map(Some).map_err(StoreError::File),
        }
    }

    /// Puts `copy`, a good copy, in the place of the store, all but the entries in `left_out`, under the writer's lock.
    /// `false`, and nothing is changed, when the good copy is another one by now.
    pub fn restore(
        &self,
        copy: &Secret,
        left_out: &BTreeSet<String>,
        waiting: &mut dyn FnMut(),
    ) -> Result<bool, StoreError> {
        let _lock = locked(self.path(), waiting)?;
        if self.good_copy()?.as_ref() != Some(copy) {
            return Ok(false);
        }
        let rest = match self {
            _ if left_out.is_empty() => None,
            Self::Embedded(store) => {
                let key = VaultKey::load_for(self.path(), store.key_file()).map_err(StoreError::Key)?;
                store.without(&key, copy, left_out)?
            }
            Self::Fnox(store) => store.without(copy, left_out)?,
        };
        put(self.path(), rest.as_ref().unwrap_or(copy).expose())?;
        Ok(true)
    }

    /// What [`AnyStore::update`] would hand to its change, without taking a lock or making anything.
    pub fn preview(&self) -> Result<Box<dyn Content>, StoreError> {
        Ok(match self {
            Self::Embedded(store) => Box::new(store.preview()?),
            Self::Fnox(store) => Box::new(store.preview()?),
        })
    }
}
