//! Replacing the store in one step: whoever reads it, and whatever ends the program half-way, finds the old
//! or the new content, whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::private_file::{FILE_MODE, folder_of, sibling};

/// Where the ciphertext before the last write is kept.
pub fn previous(store: &Path) -> PathBuf {
    sibling(store, ".previous")
}

/// Puts `ciphertext` in the place of `store` and keeps what was there as [`previous`].
///
/// The caller holds the writer's lock, so files of these names that are left over are of a writer that died.
pub(super) fn replace(store: &Path, ciphertext: &[u8]) -> io::Result<()> {
    let draft = sibling(store, ".new");
    let written = write_new(&draft, ciphertext)
        .and_then(|()| keep_previous(store))
        .and_then(|()| fs::rename(&draft, store));
    if written.is_err() {
        // Not to leave half a file behind on a full disk; the error to report is the first one.
        let _ = fs::remove_file(&draft);
    }
    written?;
    File::open(folder_of(store))?.sync_all()
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    remove_if_there(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives the present ciphertext its second name, without a moment in which it has none.
fn keep_previous(store: &Path) -> io::Result<()> {
    let previous = previous(store);
    let draft = sibling(&previous, ".new");
    remove_if_there(&draft)?;
    match fs::hard_link(store, &draft) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // A file system without hard links.
        Err(_) => write_new(&draft, &fs::read(store)?)?,
    }
    fs::rename(&draft, &previous)?;
    // Renaming one name of a file onto another name of the same file does nothing (a write that died here
    // before): the draft is still there then.
    remove_if_there(&draft)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
