//! Putting a prepared file at its name in a folder that a container may be writing to.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// How often something in the way is moved aside before giving up: the container may put it back.
const ATTEMPTS: u32 = 8;

/// Renames `prepared` to `target`. A directory in the way, which a rename cannot replace, is moved aside
/// within its own folder and left there: it is the container's, and nothing in it is touched.
pub(super) fn place(prepared: &Path, target: &Path) -> io::Result<()> {
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..ATTEMPTS {
        match fs::rename(prepared, target) {
            Ok(()) => return Ok(()),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty) =>
            {
                last = error;
            }
            Err(error) => return Err(error),
        }
        let mut aside = target.as_os_str().to_owned();
        aside.push(format!(".aside-{}-{attempt}", std::process::id()));
        match renameat_with(CWD, target, CWD, Path::new(&aside), RenameFlags::NOREPLACE) {
            Ok(()) | Err(rustix::io::Errno::EXIST | rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

/// Removes a file or a link; a directory is left.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn whatever_is_in_the_way_is_replaced_and_nothing_behind_it_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("p.sock");
        let outside = folder.path().join("outside");
        fs::write(&outside, "untouched").unwrap();
        let plant: [&dyn Fn(); 4] = [
            &|| {},
            &|| fs::write(&target, "file").unwrap(),
            &|| symlink(&outside, &target).unwrap(),
            &|| fs::create_dir_all(target.join("full")).unwrap(),
        ];
        for planted in plant {
            planted();
            let prepared = folder.path().join("prepared");
            fs::write(&prepared, "ours").unwrap();
            place(&prepared, &target).unwrap();
            assert!(fs::symlink_metadata(&target).unwrap().is_file());
            assert_eq!(fs::read_to_string(&target).unwrap(), "ours");
            assert_eq!(fs::read_to_string(&outside).unwrap(), "untouched");
            fs::remove_file(&target).unwrap();
        }
    }
}
