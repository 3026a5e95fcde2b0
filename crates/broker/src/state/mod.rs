//! What survives a restart: pins, recorded users, the generation. No values.

mod counters;
mod pins;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub use counters::{Counters, SavedCounters};
pub use pins::{SavedPin, SavedProject};

/// Mode of the state directory and what is below it.
const DIRECTORY_MODE: u32 = 0o700;

/// Mode of the files.
const FILE_MODE: u32 = 0o600;

/// The state directory.
#[derive(Debug, Clone)]
pub struct StateDirectory {
    path: PathBuf,
}

impl StateDirectory {
    /// Opens the directory; makes it when it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let directory = Self { path: path.to_owned() };
        for folder in [directory.path.clone(), directory.projects()] {
            DirBuilder::new().mode(DIRECTORY_MODE).recursive(true).create(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(DIRECTORY_MODE))?;
        }
        Ok(directory)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn projects(&self) -> PathBuf {
        self.path.join("projects")
    }

    /// Writes a file so that a crash at any moment leaves the old content or the new.
    fn write_atomically(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let temporary = path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&temporary)?;
        let written = file.write_all(content).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // A full disk: the old file stays, the half one goes.
            fs::remove_file(&temporary)?;
            return Err(error);
        }
        fs::rename(&temporary, path)?;
        File::open(path.parent().unwrap_or(&self.path))?.sync_all()
    }
}
