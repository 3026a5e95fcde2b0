//! Another key in the place of the present one, without a moment in which a key or the store is lost.
//!
//! 1. The store is read under the present key: what does not open is not rotated.
//! 2. The new key is sealed beside the present one, and read back.
//! 3. Both are unsealed, the new one first: from here on whatever is stored goes under the new key, and whatever is
//!    under either key opens.
//! 4. The store is sealed anew, file by file, each verified before it is put in place.
//! 5. The new key takes the place of the present one, which is gone.
//! 6. The new key alone is unsealed.
//!
//! Killed anywhere up to 5, the next rotation goes on at 3 with the same two keys, and a boot unseals both.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::ladder::{Ladder, Unsealed, creds, publish};
use super::runtime_dir::RuntimeDir;
use super::sealed_dir::{SealedDir, Slot};
use super::tier::Tier;
use super::{KeyError, LadderError, VaultKey, atomic};
use crate::private_file::{FILE_MODE, folder_of};

/// What a rotation has done to the store, which is not its own business. Both get the file of the unsealed key.
pub trait StoreWork<E> {
    /// Succeeds when the whole store opens.
    fn check(&mut self, key_file: &Path) -> Result<(), E>;

    /// Seals the whole store for the first key of the file, and succeeds when nothing of it needs the second.
    fn reseal(&mut self, key_file: &Path) -> Result<(), E>;
}

impl Ladder {
    /// Rotates the sealed key, or ends a rotation that was begun.
    pub fn rotate<E: From<LadderError>>(&self, store: &mut dyn StoreWork<E>) -> Result<Unsealed, E> {
        let runtime = RuntimeDir::prepare(&self.runtime_dir)?;
        if !self.sealed_dir.is_dir() {
            return Err(LadderError::NoKey { path: self.sealed_dir.clone() }.into());
        }
        let sealed = SealedDir::lock(&self.sealed_dir)?;
        let settings = self.settings(&sealed)?;
        let present = publish(&sealed, &settings, &runtime)?;
        let key_file = runtime.key_file();
        if !present.record.rotating {
            store.check(&key_file)?;
            let present = present.record.tier;
            let available = self.best_tier(&settings, present == Tier::Plaintext)?;
            if available < present {
                return Err(LadderError::WouldWeaken { present, available }.into());
            }
            sealed.seal(Slot::Next, &VaultKey::generate(), available, &creds(&settings))?;
            publish(&sealed, &settings, &runtime)?;
        }
        store.reseal(&key_file)?;
        sealed.commit()?;
        Ok(publish(&sealed, &settings, &runtime)?)
    }
}

/// Rotates a plaintext key at a place of its own, or ends a rotation that was begun: both keys are in the file then.
pub fn rotate_plaintext<E: From<LadderError> + From<KeyError>>(
    key_file: &Path,
    store: &mut dyn StoreWork<E>,
) -> Result<VaultKey, E> {
    let write = |key: &VaultKey| {
        atomic::replace(key_file, &key.to_text(), FILE_MODE, None)
            .map_err(|source| KeyError::Write { path: key_file.to_owned(), source })
    };
    let _lock = lock_folder(&folder_of(key_file))?;
    let mut key = VaultKey::load(key_file)?;
    if key.retiring_recipient().is_none() {
        store.check(key_file)?;
        key = VaultKey::generate().in_place_of(key);
        write(&key)?;
    }
    store.reseal(key_file)?;
    let key = key.alone();
    write(&key)?;
    Ok(key)
}

/// One rotation at a time: the file itself is replaced, so its folder is locked.
fn lock_folder(folder: &PathBuf) -> Result<File, LadderError> {
    let fault = |source| LadderError::System { attempt: "lock", path: folder.clone(), source };
    let file = File::open(folder).map_err(fault)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|error| fault(error.into()))?;
    Ok(file)
}
