//! Putting whole files in place: whoever looks, and whatever ends the program half-way, finds the file before or the
//! file after.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use remo_secret::Secret;

use crate::private_file::{FILE_MODE, folder_of, sibling};

/// Behind the name of a file that is being written.
const DRAFT_SUFFIX: &str = ".new";

/// User and group of a file.
pub(super) type Owner = (u32, u32);

/// Where the draft of `path` is written. One name, since writers hold a lock: what is there was left by a dead one.
pub(super) fn draft_of(path: &Path) -> PathBuf {
    sibling(path, DRAFT_SUFFIX)
}

/// Writes `content` beside `path`, durably. [`put_in_place`] makes it the file.
pub(super) fn write_draft(path: &Path, content: &Secret, mode: u32, owner: Option<Owner>) -> io::Result<()> {
    let draft = draft_of(path);
    remove_if_there(&draft)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft)?;
    let written = file.write_all(content.expose()).and_then(|()| {
        // The owner last: it takes a right of its own to change the mode of another user's file.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        if let Some((user, group)) = owner {
            fchown(&file, Some(user), Some(group))?;
        }
        file.sync_all()
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

/// Gives the draft of `path` its name, durably.
pub(super) fn put_in_place(path: &Path) -> io::Result<()> {
    rename(&draft_of(path), path)
}

/// Renames, durably.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(folder_of(to))?.sync_all()
}

/// Writes `path` in one step.
pub(super) fn replace(path: &Path, content: &Secret, mode: u32, owner: Option<Owner>) -> io::Result<()> {
    write_draft(path, content, mode, owner)?;
    put_in_place(path)
}

/// Removes a file that may be there, durably.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if remove_if_there(path)? { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
