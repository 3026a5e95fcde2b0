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

/// Why a store was not replaced, or not for certain.
#[derive(Debug)]
pub(crate) enum ReplaceError {
    /// Everything is as it was before.
    Unchanged(io::Error),
    /// The store is replaced, but a loss of power might bring the one before back.
    Unconfirmed(io::Error),
}

/// Puts `ciphertext` in the place of `store` and keeps what was there as [`previous`].
///
/// The caller holds the writer's lock, so files of these names that are left over are of a writer that died.
pub(crate) fn replace(store: &Path, ciphertext: &[u8]) -> Result<(), ReplaceError> {
    // Opened before anything is changed: a folder that may be searched but not read cannot be.
    let folder = File::open(folder_of(store)).map_err(ReplaceError::Unchanged)?;
    replace_within(&folder, store, ciphertext)
}

/// [`replace`] that keeps nothing of what was there, and removes what an earlier write kept.
pub(crate) fn replace_for_good(store: &Path, ciphertext: &[u8]) -> Result<(), ReplaceError> {
    let folder = File::open(folder_of(store)).map_err(ReplaceError::Unchanged)?;
    exchange(&folder, store, ciphertext, |store| remove_if_there(&previous(store)))
}

/// Whether a file could be written beside `store`: tried out.
pub(crate) fn probe(store: &Path) -> io::Result<()> {
    let draft = sibling(store, ".new");
    let written = write_new(&draft, &[0; 4096]);
    let removed = remove_if_there(&draft);
    written.and(removed)
}

/// [`replace`], with the open folder of `store`.
fn replace_within(folder: &File, store: &Path, ciphertext: &[u8]) -> Result<(), ReplaceError> {
    exchange(folder, store, ciphertext, keep_previous)
}

/// Writes a draft, does `before`, and puts the draft in the place of `store`.
fn exchange(
    folder: &File,
    store: &Path,
    ciphertext: &[u8],
    before: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), ReplaceError> {
    let draft = sibling(store, ".new");
    let written =
        write_new(&draft, ciphertext).and_then(|()| before(store)).and_then(|()| fs::rename(&draft, store));
    if let Err(error) = written {
        // Not to leave half a file behind on a full disk; the error to report is the first one.
        let _ = fs::remove_file(&draft);
        return Err(ReplaceError::Unchanged(error));
    }
    folder.sync_all().map_err(ReplaceError::Unconfirmed)
}

pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_folder_that_cannot_be_synchronised_is_told_from_a_store_that_is_as_it_was() {
        let folder = std::env::temp_dir().join(format!("remo-vault-replace-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let store = folder.join("store.age");
        replace(&store, b"one").unwrap();
        // The system refuses to synchronise a socket.
        let socket = File::from(OwnedFd::from(UnixStream::pair().unwrap().0));
        let error = replace_within(&socket, &store, b"two").unwrap_err();
        assert!(matches!(error, ReplaceError::Unconfirmed(_)), "{error:?}");
        assert_eq!(fs::read(&store).unwrap(), b"two");
        assert_eq!(fs::read(previous(&store)).unwrap(), b"one");
        fs::remove_dir_all(folder).unwrap();
    }
}
