//! Another key in the place of the present one, without a moment in which a key or the store is lost.
//!
//! 1. The store is read under the present key: what does not open is not rotated.
//! 2. The new key is sealed beside the present one, and read back.
//! 3. Both are unsealed, the new one first: from here on whatever is stored goes under the new key, and whatever is
//!    under either key opens.
//! 4. The store is sealed anew, file by file, each verified before it is put in place.
//! 5. The present key is sealed once more, as the one that is kept, and the new key takes its place.
//! 6. The new key alone is unsealed.
//!
//! Killed anywhere up to 5, the next rotation goes on at 3 with the same two keys, and a boot unseals both.
//!
//! The kept key is for a program that takes no lock, as fnox itself, and writes afterwards what it read before. The
//! next rotation, and [`Ladder::settle`], look once more and seal anew what only the kept key opens. A rotation puts
//! the key that it retires in its place; otherwise it is dropped after [`KEPT_FOR`].

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::ladder::{Ladder, Unsealed, creds, open, publish};
use super::runtime_dir::RuntimeDir;
use super::sealed_dir::{SealedDir, Settings, Slot};
use super::tier::Tier;
use super::{KeyError, LadderError, VaultKey, atomic};
use crate::private_file::{FILE_MODE, folder_of, sibling};
use crate::store::WriterLock;

/// How long the key before a rotation is kept, unless another rotation ends that.
pub const KEPT_FOR: Duration = Duration::from_hours(7 * 24);

/// Behind the name of a plaintext key at a place of its own: the key before it.
const KEPT_SUFFIX: &str = ".kept";

/// What a rotation has done to the store, which is not its own business. Each gets the file of the unsealed key.
pub trait StoreWork<E> {
    /// Succeeds when the whole store opens.
    fn check(&mut self, key_file: &Path) -> Result<(), E>;

    /// Succeeds when the one key of the file opens the store and everything that goes with it.
    fn needs_no_other(&mut self, key_file: &Path) -> Result<(), E>;

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
        let mut present = publish(&sealed, &settings, &runtime)?;
        let key_file = runtime.key_file();
        if present.closed_next.is_some() {
            self.without_closed_next(&sealed, &settings, &present, || store.needs_no_other(&key_file))?;
            present = publish(&sealed, &settings, &runtime)?;
        }
        if !present.record.rotating {
            if look_again(&sealed, &settings, &runtime, &present, store)? == Kept::Closed {
                sealed.set_aside(Slot::Kept)?;
            }
            store.check(&key_file)?;
            let tier = present.record.tier;
            let available = self.best_tier(&settings, tier == Tier::Plaintext)?;
            if available < tier {
                return Err(LadderError::WouldWeaken { present: tier, available }.into());
            }
            sealed.seal(Slot::Next, &VaultKey::generate(), available, &creds(&settings))?;
            present = publish(&sealed, &settings, &runtime)?;
        }
        store.reseal(&key_file)?;
        let tier = sealed.key(Slot::Next)?.and_then(|next| next.tier).unwrap_or(present.record.tier);
        if let (_, Some(retiring)) = present.key.apart() {
            sealed.seal(Slot::Kept, &retiring, tier, &creds(&settings))?;
        }
        sealed.commit()?;
        Ok(publish(&sealed, &settings, &runtime)?)
    }

    /// Seals anew what only the key before the last rotation opens, and drops that key when its time is over.
    pub fn settle<E: From<LadderError>>(&self, store: &mut dyn StoreWork<E>) -> Result<(), E> {
        let runtime = RuntimeDir::prepare(&self.runtime_dir)?;
        let sealed = SealedDir::lock(&self.sealed_dir)?;
        // A rotation that has not ended looks itself.
        if sealed.key(Slot::Next)?.is_some() {
            return Ok(());
        }
        let Some(kept) = sealed.key(Slot::Kept)? else { return Ok(()) };
        let settings = self.settings(&sealed)?;
        let present = open(&sealed, &settings)?;
        let found = look_again(&sealed, &settings, &runtime, &present, store)?;
        if found == Kept::Looked && is_over(kept.since) {
            sealed.remove(Slot::Kept)?;
        }
        Ok(())
    }

    /// The next key does not open any more. Where it is still in memory it is sealed anew; where nothing needs it, it
    /// is set aside.
    fn without_closed_next<E: From<LadderError>>(
        &self,
        sealed: &SealedDir,
        settings: &Settings,
        present: &Unsealed,
        needs_no_other: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        if present.key.retiring_recipient().is_some() {
            let tier = self.best_tier(settings, present.record.tier == Tier::Plaintext)?;
            if tier < present.record.tier {
                return Err(LadderError::WouldWeaken { present: present.record.tier, available: tier }.into());
            }
            let text = present.key.to_text();
            let next = VaultKey::from_text(&text).map(VaultKey::alone).ok();
            if let Some(next) = next {
                sealed.seal(Slot::Next, &next, tier, &creds(settings))?;
            }
            return Ok(());
        }
        needs_no_other()?;
        Ok(sealed.set_aside(Slot::Next)?)
    }
}

/// What is known of the kept key after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// There is none, or nothing needs it any more.
    Looked,
    /// It does not open at the moment, so that nobody knows what needs it.
    Closed,
}

/// Seals anew what only the kept key opens, if there is one that can be opened.
fn look_again<E: From<LadderError>>(
    sealed: &SealedDir,
    settings: &Settings,
    runtime: &RuntimeDir,
    present: &Unsealed,
    store: &mut dyn StoreWork<E>,
) -> Result<Kept, E> {
    let Some(kept) = sealed.key(Slot::Kept)? else { return Ok(Kept::Looked) };
    let Ok(kept) = kept.open(&creds(settings)) else { return Ok(Kept::Closed) };
    let Unsealed { key, record, .. } = present;
    // Put back by hand, for instance: a key is not beside itself.
    if kept.recipient() == key.recipient() {
        return Ok(Kept::Looked);
    }
    runtime.publish(&key.beside(kept), record, settings.owner)?;
    let resealed = store.reseal(&runtime.key_file());
    // The retired key does not stay in memory, whatever came of it.
    runtime.publish(key, record, settings.owner)?;
    resealed.map(|()| Kept::Looked)
}

fn is_over(since: Timestamp) -> bool {
    let age = Timestamp::now().duration_since(since);
    // A clock that is behind tells nothing.
    !age.is_negative() && age.unsigned_abs() > KEPT_FOR
}

/// Rotates a plaintext key at a place of its own, or ends a rotation that was begun: both keys are in the file then.
/// `waiting` is called when another rotation takes its time.
pub fn rotate_plaintext<E: From<LadderError> + From<KeyError>>(
    key_file: &Path,
    store: &mut dyn StoreWork<E>,
    waiting: &mut dyn FnMut(),
) -> Result<VaultKey, E> {
    let _lock = lock_folder(&folder_of(key_file), waiting)?;
    let mut key = VaultKey::load(key_file)?;
    if !is_rotating(key_file, &key)? {
        let present = look_again_plaintext(key_file, key.alone(), store)?;
        store.check(key_file)?;
        key = VaultKey::generate().in_place_of(present);
        write(key_file, &key)?;
    }
    store.reseal(key_file)?;
    let (key, retiring) = key.apart();
    if let Some(retiring) = retiring {
        write(&kept_beside(key_file), &retiring)?;
    }
    write(key_file, &key)?;
    Ok(key)
}

/// [`Ladder::settle`] for a plaintext key at a place of its own.
pub fn settle_plaintext<E: From<LadderError> + From<KeyError>>(
    key_file: &Path,
    store: &mut dyn StoreWork<E>,
    waiting: &mut dyn FnMut(),
) -> Result<(), E> {
    let kept = kept_beside(key_file);
    if kept.symlink_metadata().is_err() {
        return Ok(());
    }
    let _lock = lock_folder(&folder_of(key_file), waiting)?;
    let key = VaultKey::load(key_file)?;
    if !is_rotating(key_file, &key)? {
        look_again_plaintext(key_file, key.alone(), store)?;
        let written = kept.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
        if written.and_then(|time| Timestamp::try_from(time).ok()).is_some_and(is_over) {
            atomic::remove(&kept).map_err(|source| KeyError::Write { path: kept, source })?;
        }
    }
    Ok(())
}

/// Seals anew what only the key beside `key_file` opens, where there is one.
fn look_again_plaintext<E: From<KeyError>>(
    key_file: &Path,
    key: VaultKey,
    store: &mut dyn StoreWork<E>,
) -> Result<VaultKey, E> {
    let Some(kept) = kept_plaintext(key_file)? else { return Ok(key) };
    if kept.recipient() == key.recipient() {
        return Ok(key);
    }
    let both = key.in_place_of(kept);
    write(key_file, &both)?;
    store.reseal(key_file)?;
    let key = both.alone();
    write(key_file, &key)?;
    Ok(key)
}

/// Whether `key` is that of a rotation that has not ended. With the kept key beside it, it is not: it was looked again.
fn is_rotating(key_file: &Path, key: &VaultKey) -> Result<bool, KeyError> {
    let Some(retiring) = key.retiring_recipient() else { return Ok(false) };
    Ok(kept_plaintext(key_file)?.is_none_or(|kept| kept.recipient() != retiring))
}

fn kept_plaintext(key_file: &Path) -> Result<Option<VaultKey>, KeyError> {
    match VaultKey::load(&kept_beside(key_file)) {
        Ok(kept) => Ok(Some(kept.alone())),
        Err(KeyError::File(error)) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the key before the one in `key_file` is kept.
pub fn kept_beside(key_file: &Path) -> PathBuf {
    sibling(key_file, KEPT_SUFFIX)
}

fn write(path: &Path, key: &VaultKey) -> Result<(), KeyError> {
    atomic::replace(path, &key.to_text(), FILE_MODE, None)
        .map_err(|source| KeyError::Write { path: path.to_owned(), source })
}

/// One rotation at a time: the file itself is replaced, so its folder is locked.
fn lock_folder(folder: &Path, waiting: &mut dyn FnMut()) -> Result<WriterLock, LadderError> {
    let lock = File::open(folder).and_then(|file| WriterLock::of(file, waiting));
    lock.map_err(|source| match source.kind() {
        std::io::ErrorKind::TimedOut => LadderError::FolderBusy { path: folder.to_owned() },
        _ => LadderError::System { attempt: "lock", path: folder.to_owned(), source },
    })
}
