//! A project: a directory with a manifest.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use crate::directory::PrivateDirectory;

/// A project directory below the projects root of a [`PrivateDirectory`].
#[derive(Debug, Clone)]
pub struct Project {
    name: String,
    path: PathBuf,
}

impl Project {
    /// Makes the directory of the project, with a manifest that binds each of `secrets` to an environment
    /// variable.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn new(directory: &PrivateDirectory, name: &str, secrets: &[&str]) -> Self {
        let project = Self::without_manifest(directory, name);
        project.write_secrets(secrets);
        project
    }

    /// Makes the directory of the project and nothing in it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn without_manifest(directory: &PrivateDirectory, name: &str) -> Self {
        let path = directory.projects_root().join(name);
        fs::create_dir(&path).expect("a project directory");
        Self { name: name.to_owned(), path }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its manifest is.
    pub fn manifest_path(&self) -> PathBuf {
        self.path.join(".remo/manifest.toml")
    }

    /// The text of a manifest that binds each of `secrets` to an environment variable.
    pub fn manifest_for(&self, secrets: &[&str]) -> String {
        let head = format!("schema_version = 1\nproject = \"{}\"\n", self.name);
        secrets.iter().fold(head, |text, secret| format!("{text}\n[secrets.{secret}]\n"))
    }

    /// Writes a manifest that binds each of `secrets` to an environment variable.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_secrets(&self, secrets: &[&str]) {
        self.write_manifest(&self.manifest_for(secrets));
    }

    /// Writes any manifest.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_manifest(&self, text: &str) {
        fs::create_dir_all(self.path.join(".remo")).expect("a .remo directory");
        fs::write(self.manifest_path(), text).expect("a manifest");
    }

    /// Gives the directory to another user, so that the project belongs to them; for root only.
    ///
    /// # Panics
    /// When the owner cannot be changed.
    #[must_use]
    pub fn owned_by(self, uid: u32) -> Self {
        chown(&self.path, Some(uid), Some(uid)).expect("another owner of the project directory");
        self
    }
}
