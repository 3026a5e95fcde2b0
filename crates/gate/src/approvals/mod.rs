//! What a person approved, project by project, with the digest of exactly that content.
//!
//! The store lies in the launcher's state directory, which no container gets. A file in it that is not as it
//! was written is an error: nothing is approved then.

mod file;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::core::finding::Grant;

/// One thing that was approved, or that is waiting for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Of [`Self::text`], in hexadecimal.
    pub sha256: String,
    /// The grant's exact text.
    pub text: String,
    /// What it means.
    pub words: String,
    /// Seconds since 1970.
    pub at: u64,
}

impl Pin {
    fn new(grant: &Grant) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { sha256: digest(&grant.text), text: grant.text.clone(), words: grant.words.clone(), at }
    }
}

/// The digest of a grant's text, in hexadecimal.
pub fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Why the store cannot be used.
#[derive(Debug)]
pub struct StoreError {
    /// What was attempted, on which path.
    pub attempt: String,
    /// What came of it.
    pub source: io::Error,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.attempt, self.source)
    }
}

impl std::error::Error for StoreError {}

fn failed(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> StoreError {
    let attempt = attempt.into();
    move |source| StoreError { attempt, source }
}

/// The approvals of all projects of one user.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// Opens the store below `state_directory`, making its folders with mode 0700.
    ///
    /// Refuses folders that belong to somebody else or that others can write.
    pub fn open(state_directory: &Path) -> Result<Self, StoreError> {
        let store = Self { directory: state_directory.join("gate") };
        for directory in [state_directory, &store.directory, &store.launch_directory()] {
            make_private(directory).map_err(failed(format!("state folder {}", directory.display())))?;
        }
        Ok(store)
    }

    /// Where frozen Compose projects and copies of files are kept: mode 0700.
    pub fn launch_directory(&self) -> PathBuf {
        self.directory.join("launch")
    }

    /// What is approved for a project.
    pub fn pinned(&self, project: &str) -> Result<Vec<Pin>, StoreError> {
        Self::read(&self.path(project, "approved"))
    }

    /// What was asked for and refused, most recently, and waits for an approval.
    pub fn wanted(&self, project: &str) -> Result<Vec<Pin>, StoreError> {
        Self::read(&self.path(project, "wanted"))
    }

    /// Approves further grants.
    pub fn approve(&self, project: &str, grants: &[Grant]) -> Result<(), StoreError> {
        let path = self.path(project, "approved");
        file::locked(&path, || {
            let mut pins = Self::read(&path)?;
            let known: BTreeSet<String> = pins.iter().map(|pin| pin.text.clone()).collect();
            pins.extend(grants.iter().filter(|grant| !known.contains(&grant.text)).map(Pin::new));
            self.write(&path, &pins)
        })
    }

    /// Takes an approval back; whether there was one.
    pub fn withdraw(&self, project: &str, sha256: &str) -> Result<bool, StoreError> {
        let path = self.path(project, "approved");
        file::locked(&path, || {
            let mut pins = Self::read(&path)?;
            let before = pins.len();
            pins.retain(|pin| pin.sha256 != sha256);
            self.write(&path, &pins)?;
            Ok(pins.len() != before)
        })
    }

    /// Keeps what a refused command asked for, so that it can be shown and approved.
    pub fn record_wanted<'a>(
        &self,
        project: &str,
        grants: impl Iterator<Item = &'a Grant>,
    ) -> Result<(), StoreError> {
        let pins: Vec<Pin> = grants.map(Pin::new).collect();
        self.write(&self.path(project, "wanted"), &pins)
    }

    fn path(&self, project: &str, what: &str) -> PathBuf {
        self.directory.join(format!("{project}.{what}.json"))
    }

    fn read(path: &Path) -> Result<Vec<Pin>, StoreError> {
        let content = match file::read_own(path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(format!("approvals {}", path.display()))(error)),
        };
        let damaged = |why: String| {
            failed(format!("approvals {}", path.display()))(io::Error::new(io::ErrorKind::InvalidData, why))
        };
        let pins: Vec<Pin> = serde_json::from_str(&content).map_err(|error| damaged(error.to_string()))?;
        match pins.iter().find(|pin| pin.sha256 != digest(&pin.text)) {
            Some(pin) => Err(damaged(format!("the digest {} is not that of its text", pin.sha256))),
            None => Ok(pins),
        }
    }

    fn write(&self, path: &Path, pins: &[Pin]) -> Result<(), StoreError> {
        let attempt = || format!("approvals {}", path.display());
        let content = serde_json::to_string_pretty(pins).map_err(|error| failed(attempt())(error.into()))?;
        file::replace(&self.directory, path, content.as_bytes()).map_err(failed(attempt()))
    }
}

/// Makes a folder that only this user may enter, or checks that it is one.
fn make_private(directory: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(directory)?;
    let own = found.uid() == rustix::process::geteuid().as_raw();
    if !found.is_dir() || !own || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "is no folder of this user's own that only this user can write",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
