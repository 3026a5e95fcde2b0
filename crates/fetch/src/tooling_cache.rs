//! Copies of the environment that tooling keeps on the container's disk.
//!
//! With a folder for session data, Dev Containers tooling writes the environment of the user's shell to
//! `env-<kind of shell>.json` there, readable for everybody, and takes later environments from it. What lies there
//! is put out of the way by a link to `/dev/null`: the tooling then writes there what it would have kept, finds
//! no copy, and asks the shell each time.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::storage::tree::random_name;

/// Where tooling writes session data unless it is told otherwise; looked into, and into the folders in them.
const USUAL: [&str; 2] = ["/tmp", "/var/tmp"];

/// The tooling's own folder in the home.
const IN_HOME: &str = ".devcontainer";

/// Kinds of shells, as tooling names them.
const KINDS: [&str; 3] = ["loginInteractiveShell", "loginShell", "interactiveShell"];

const NOWHERE: &str = "/dev/null";

/// Puts a link to `/dev/null` into the place of every copy, and returns where copies were.
pub(crate) fn divert(home: Option<&Path>, session_data: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let usual = USUAL.iter().map(PathBuf::from);
    for folder in usual.chain(home.map(|home| home.join(IN_HOME))) {
        // What cannot be read cannot be written by tooling of the same user either.
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(
            entries
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
        folders.push(folder);
    }
    let mut found = Vec::new();
    for folder in &folders {
        found.extend(divert_in(folder, false)?);
    }
    if let Some(folder) = session_data {
        found.extend(divert_in(folder, true)?);
    }
    Ok(found)
}

/// In one folder; `always` makes the links before anything is there.
fn divert_in(folder: &Path, always: bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for kind in KINDS {
        let file = folder.join(format!("env-{kind}.json"));
        let copy = match file.symlink_metadata() {
            Ok(status) if status.file_type().is_file() => status.uid() == rustix::process::geteuid().as_raw(),
            _ => false,
        };
        if copy || (always && file.symlink_metadata().is_err() && folder.is_dir()) {
            link(&file).map_err(|error| Failure::writing("put a link into the place of", &file, &error))?;
        }
        if copy {
            found.push(file);
        }
    }
    Ok(found)
}

fn link(file: &Path) -> io::Result<()> {
    let name = random_name(".remo-").map_err(|failure| io::Error::other(failure.to_string()))?;
    let new = file.with_file_name(OsStr::new(&name));
    symlink(NOWHERE, &new)?;
    std::fs::rename(&new, file).inspect_err(|_| {
        let _ = std::fs::remove_file(&new);
    })
}
