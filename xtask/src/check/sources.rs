//! The text files of the repository that people write.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Directories that are built, fetched or recorded, wherever they are.
const NOT_WRITTEN: &[&str] = &["target", ".git", ".cache", "corpus", "artifacts", "node_modules"];

/// All files below `root` whose name ends with one of `endings`, as paths relative to it, sorted.
pub(super) fn files(root: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        let path = root.join(&directory);
        let unreadable = || format!("cannot read {}", path.display());
        for entry in fs::read_dir(&path).map_err(Failure::because(unreadable()))? {
            let entry = entry.map_err(Failure::because(unreadable()))?;
            let kind = entry.file_type().map_err(Failure::because(unreadable()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && !NOT_WRITTEN.contains(&name.as_str()) {
                directories.push(directory.join(name));
            } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(directory.join(name));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The content of a file found by [`files`].
pub(super) fn read(root: &Path, file: &Path) -> Result<String, Failure> {
    fs::read_to_string(root.join(file)).map_err(Failure::because(format!("cannot read {}", file.display())))
}
