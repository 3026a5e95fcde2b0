//! The last good ciphertext, beside the store: the way back from a file that was cut short or overwritten.
//!
//! The watcher keeps it, and only after a reading without faults that the broker has taken; who removes an entry takes it
//! out of the copy too. It is a file of its own, never a second name of the store's: fnox and editors write in place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use remo_secret::Secret;

use super::replace::write_new;
use super::{STORE_MAX, StoreError};
use crate::private_file::{self, folder_of, sibling};

/// Where the good copy of the store at `path` is.
pub fn good_copy(path: &Path) -> PathBuf {
    sibling(path, ".good")
}

/// Keeps `content`, which the store at `path` held when it was read, as its good copy; unless it is that already, or
/// no more than the beginning of it: a file that was cut short between two entries looks like that, and so does one
/// whose last entries were removed, for which the copy can wait.
pub fn keep_good(path: &Path, content: &[u8]) -> io::Result<()> {
    let copy = good_copy(path);
    if private_file::read(&copy, STORE_MAX).is_ok_and(|kept| kept.expose().starts_with(content)) {
        return Ok(());
    }
    exchange(&copy, ".new", content)
}

/// Takes entries out of the good copy of the store at `path`: `without` makes its content without them, or `None` where
/// it has none of them. A copy that is not understood is removed, so that what was removed does not come
/// back with it. The caller holds the writer's lock.
pub(super) fn forget(
    path: &Path,
    without: impl FnOnce(&Secret) -> Result<Option<Secret>, StoreError>,
) -> Result<(), StoreError> {
    let copy = good_copy(path);
    let unable = |source| StoreError::GoodCopy { path: copy.clone(), source };
    let content = match private_file::read(&copy, STORE_MAX) {
        Err(error) if error.is_missing() => return Ok(()),
        content => content,
    };
    match content.map_err(StoreError::File).and_then(|content| without(&content)) {
        Ok(None) => Ok(()),
        // Another name than the watcher's draft, which takes no lock.
        Ok(Some(rest)) => exchange(&copy, ".trimmed", rest.expose()).map_err(unable),
        // What is not understood whatever one does.
        Err(error) if error.is_about_content() => {
            fs::remove_file(&copy).and_then(|()| File::open(folder_of(&copy))?.sync_all()).map_err(unable)
        }
        // A full disk or a slow machine is no reason to give up the way back: the store will not be written either.
        Err(error) => Err(unable(io::Error::other(error))),
    }
}

/// Puts `content` in the place of `copy`.
fn exchange(copy: &Path, draft_suffix: &str, content: &[u8]) -> io::Result<()> {
    // Opened before anything is changed, like the store's own.
    let folder = File::open(folder_of(copy))?;
    let draft = sibling(copy, draft_suffix);
    if let Err(error) = write_new(&draft, content).and_then(|()| fs::rename(&draft, copy)) {
        // Not to take the room on a full disk that the store needs.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    folder.sync_all()
}
