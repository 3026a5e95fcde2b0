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

/// Puts `ciphertext` in the place of `store` and keeps what was there as [`previous`]; unless `still` says that it is
/// no longer what `ciphertext` was made from: `false` then, and everything is as it was.
///
/// The caller holds the writer's lock, so files of these names that are left over are of a writer that died. Others
/// take no lock (fnox, an editor), so `still` is asked last, when nothing is left to do but one renaming.
pub(crate) fn replace(
    store: &Path,
    ciphertext: &[u8],
    still: &mut dyn FnMut() -> bool,
) -> Result<bool, ReplaceError> {
    // Opened before anything is changed: a folder that may be searched but not read cannot be.
    let folder = File::open(folder_of(store)).map_err(ReplaceError::Unchanged)?;
    replace_within(&folder, store, ciphertext, still)
}

/// [`replace`] that keeps nothing of what was there, and removes what an earlier write kept.
pub(crate) fn replace_for_good(store: &Path, ciphertext: &[u8]) -> Result<(), ReplaceError> {
    let folder = File::open(folder_of(store)).map_err(ReplaceError::Unchanged)?;
    let draft = sibling(store, ".new");
    let written = write_new(&draft, ciphertext)
        .and_then(|()| remove_if_there(&previous(store)))
        .and_then(|()| fs::rename(&draft, store));
    if let Err(error) = written {
        let _ = fs::remove_file(&draft);
        return Err(ReplaceError::Unchanged(error));
    }
    folder.sync_all().map_err(ReplaceError::Unconfirmed)
}

/// Whether a file could be written beside `store`: tried out.
pub(crate) fn probe(store: &Path) -> io::Result<()> {
    let draft = sibling(store, ".new");
    let written = write_new(&draft, &[0; 4096]);
    let removed = remove_if_there(&draft);
    written.and(removed)
}

/// [`replace`], with the open folder of `store`.
fn replace_within(
    folder: &File,
    store: &Path,
    ciphertext: &[u8],
    still: &mut dyn FnMut() -> bool,
) -> Result<bool, ReplaceError> {
    let draft = sibling(store, ".new");
    let previous = previous(store);
    let kept = sibling(&previous, ".new");
    let mut put = || -> io::Result<bool> {
        write_new(&draft, ciphertext)?;
        second_name(store, &kept)?;
        if !still() {
            return Ok(false);
        }
        fs::rename(&draft, store)?;
        Ok(true)
    };
    let outcome = put();
    if !matches!(outcome, Ok(true)) {
        // Not to leave half a file behind on a full disk; the error to report is the first one.
        let _ = fs::remove_file(&kept);
        let _ = fs::remove_file(&draft);
        return outcome.map_err(ReplaceError::Unchanged);
    }
    keep(&kept, &previous).and_then(|()| folder.sync_all()).map_err(ReplaceError::Unconfirmed)?;
    Ok(true)
}

pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    remove_if_there(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives the present ciphertext, if there is any, its second name.
fn second_name(store: &Path, kept: &Path) -> io::Result<()> {
    remove_if_there(kept)?;
    match fs::hard_link(store, kept) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A file system without hard links.
        Err(_) => write_new(kept, &fs::read(store)?),
        Ok(()) => Ok(()),
    }
}

/// Makes what is [`second_name`]d the previous version. Before the store had its new content, this would make both
/// names those of a file that fnox writes in place.
fn keep(kept: &Path, previous: &Path) -> io::Result<()> {
    match fs::rename(kept, previous) {
        // The store's first content.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    // Renaming one name of a file onto another name of the same file does nothing: it is still there then.
    remove_if_there(kept)
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
        assert!(replace(&store, b"one", &mut || true).unwrap());
        assert!(!replace(&store, b"zero", &mut || false).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left of what was not to be");
        // The system refuses to synchronise a socket.
        let socket = File::from(OwnedFd::from(UnixStream::pair().unwrap().0));
        let error = replace_within(&socket, &store, b"two", &mut || true).unwrap_err();
        assert!(matches!(error, ReplaceError::Unconfirmed(_)), "{error:?}");
        assert_eq!(fs::read(&store).unwrap(), b"two");
        assert_eq!(fs::read(previous(&store)).unwrap(), b"one");
        fs::remove_dir_all(folder).unwrap();
    }
}
