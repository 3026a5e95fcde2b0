//! The last good ciphertext, beside the store: the way back from a file that was cut short or overwritten.
//!
//! The watcher keeps it, and only after a reading without faults that the broker has taken. It is a file of its own,
//! never a second name of the store's: fnox and editors write in place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::STORE_MAX;
use super::replace::write_new;
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
    // Opened before anything is changed, like the store's own.
    let folder = File::open(folder_of(&copy))?;
    let draft = sibling(&copy, ".new");
    if let Err(error) = write_new(&draft, content).and_then(|()| fs::rename(&draft, &copy)) {
        // Not to take the room on a full disk that the store needs.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    folder.sync_all()
}
