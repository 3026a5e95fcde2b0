//! What earlier runs have left in the launcher's state.

use std::cmp::Reverse;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::snapshot::COPY;

/// Frozen Compose projects that are kept of a project: containers name the file that they were made by, and a person may
/// want to look at it.
const KEPT: usize = 8;

/// A copy that is older was left by a process that was killed; resolving a project takes seconds.
const OLD: Duration = Duration::from_hours(24);

/// Removes the oldest frozen files of a project. What cannot be removed stays, and is tried again with the next one.
pub(super) fn tidy(folder: &Path, newest: &Path) {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path != newest && path.extension().is_some_and(|it| it == "json"))
        .map(|path| (changed(&path), path))
        .collect();
    files.sort_by_key(|(changed, _)| Reverse(*changed));
    for (_, path) in files.into_iter().skip(KEPT - 1) {
        let _ = fs::remove_file(path);
    }
}

/// Removes copies that nobody uses any more.
pub(super) fn tidy_copies(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_copy = entry.file_name().to_string_lossy().starts_with(COPY);
        let age = SystemTime::now().duration_since(changed(&entry.path()));
        if is_copy && age.is_ok_and(|age| age > OLD) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// When it was changed; the beginning of time when that cannot be told.
fn changed(path: &Path) -> SystemTime {
    fs::symlink_metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn old(path: &Path, hours: u64) {
        let time = SystemTime::now() - Duration::from_hours(hours);
        File::open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn the_newest_frozen_files_are_kept_and_the_one_in_use_always() {
        let place = tempfile::tempdir().unwrap();
        let path = |number: u64| place.path().join(format!("{number}.json"));
        for number in 0..20 {
            fs::write(path(number), "{}").unwrap();
            old(&path(number), number);
        }
        fs::write(place.path().join("other"), "").unwrap();
        tidy(place.path(), &path(19));
        let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|it| it.unwrap().path()).collect();
        left.sort();
        let mut wanted: Vec<_> = (0..7).chain([19]).map(path).chain([place.path().join("other")]).collect();
        wanted.sort();
        assert_eq!(left, wanted);
    }

    #[test]
    fn copies_of_killed_processes_are_removed_and_those_in_use_are_not() {
        let place = tempfile::tempdir().unwrap();
        for (name, hours) in [("snapshot-a", 25), ("snapshot-b", 1), ("project-a", 400)] {
            fs::create_dir_all(place.path().join(name).join("home")).unwrap();
            old(&place.path().join(name), hours);
        }
        tidy_copies(place.path());
        let left = |name: &str| place.path().join(name).exists();
        assert!(!left("snapshot-a") && left("snapshot-b") && left("project-a"));
    }
}
