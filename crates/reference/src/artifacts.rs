//! The generated files as a set: what is in these directories and not in the set does not belong there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Directories that hold generated files only, relative to the top of the repository.
const DIRECTORIES: &[&str] = &["schema", "docs/reference", "completions"];

/// Content by path, relative to the top of the repository.
#[derive(Debug, Default)]
pub(crate) struct Artifacts {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Artifacts {
    /// Adds one file.
    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// Writes all files and removes what is not in the set.
    pub(crate) fn write(&self, root: &Path) -> io::Result<()> {
        for stale in self.stale(root)? {
            fs::remove_file(root.join(stale))?;
        }
        for (path, content) in &self.files {
            let path = root.join(path);
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            // Left alone when it is right already, so that nothing is built again for it.
            if !fs::read(&path).is_ok_and(|found| found == *content) {
                fs::write(&path, content)?;
            }
        }
        Ok(())
    }

    /// What [`Self::write`] would change, in words.
    pub(crate) fn differences(&self, root: &Path) -> io::Result<Vec<String>> {
        let mut differences: Vec<String> = self
            .stale(root)?
            .iter()
            .map(|path| format!("{}: is not generated any more", path.display()))
            .collect();
        for (path, content) in &self.files {
            match fs::read(root.join(path)) {
                Ok(found) if found == *content => {}
                Ok(_) => differences.push(format!("{}: differs from what the code says", path.display())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    differences.push(format!("{}: is missing", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(differences)
    }

    /// Files in the generated directories that are not in the set.
    fn stale(&self, root: &Path) -> io::Result<Vec<PathBuf>> {
        let mut stale = Vec::new();
        let mut directories: Vec<PathBuf> = DIRECTORIES.iter().map(PathBuf::from).collect();
        while let Some(directory) = directories.pop() {
            let entries = match fs::read_dir(root.join(&directory)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            for entry in entries {
                let entry = entry?;
                let path = directory.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    directories.push(path);
                } else if !self.files.contains_key(&path) {
                    stale.push(path);
                }
            }
        }
        stale.sort();
        Ok(stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_in_every_direction_is_seen_and_repaired() {
        let root = tempfile::tempdir().unwrap();
        let mut artifacts = Artifacts::default();
        artifacts.add("schema/a.json", "{}");
        artifacts.add("completions/bash/b", "complete");
        fs::create_dir_all(root.path().join("schema/old")).unwrap();
        fs::write(root.path().join("schema/a.json"), "{\"edited\":true}").unwrap();
        fs::write(root.path().join("schema/old/c.json"), "{}").unwrap();
        assert_eq!(
            artifacts.differences(root.path()).unwrap(),
            [
                "schema/old/c.json: is not generated any more",
                "completions/bash/b: is missing",
                "schema/a.json: differs from what the code says",
            ]
        );
        artifacts.write(root.path()).unwrap();
        assert!(artifacts.differences(root.path()).unwrap().is_empty());
        assert!(!root.path().join("schema/old/c.json").exists());
    }
}
