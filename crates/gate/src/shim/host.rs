//! Paths of the host, with every link followed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use crate::core::world::{Identity, Place};

/// Follows every link of an absolute path. What does not exist keeps its last components.
pub(super) fn resolve(path: &Path) -> Result<Place, String> {
    if !path.is_absolute() {
        return Err("is no absolute path".to_owned());
    }
    let mut missing: Vec<Component<'_>> = Vec::new();
    let mut present = path;
    let real = loop {
        match fs::canonicalize(present) {
            Ok(real) => break real,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if fs::symlink_metadata(present).is_ok() {
                    return Err(format!("{} is a link to nothing", present.display()));
                }
                let last = present.components().next_back();
                match (last, present.parent()) {
                    (Some(last @ Component::Normal(_)), Some(parent)) => {
                        missing.push(last);
                        present = parent;
                    }
                    _ => return Err("leads back out of a directory that does not exist".to_owned()),
                }
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    let mut place = unresolved(&real);
    place.path.extend(missing.iter().rev());
    if missing.is_empty() {
        place.identity = place.chain.first().copied();
        place.socket = fs::metadata(&real).is_ok_and(|found| found.file_type().is_socket());
    }
    Ok(place)
}

/// A path as it is written, with what exists of it.
pub(super) fn unresolved(path: &Path) -> Place {
    let identity =
        |path: &Path| -> Option<Identity> { fs::metadata(path).ok().map(|found| (found.dev(), found.ino())) };
    Place {
        path: PathBuf::from(path),
        identity: None,
        chain: path.ancestors().filter_map(identity).collect(),
        socket: false,
    }
}
