//! One file a project: where it is, who may ask, and what was approved.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use remo_wire::names::ProjectName;
use serde::{Deserialize, Serialize};

use super::StateDirectory;

/// Version of the file's format.
const FORMAT: u32 = 1;

/// A project as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedProject {
    /// [`FORMAT`].
    format: u32,
    /// Its name, which is the file's name too.
    pub name: ProjectName,
    /// Its canonical path.
    pub project_path: PathBuf,
    /// Users besides root who may use its socket.
    pub allowed_uids: BTreeSet<u32>,
    /// Whether it has a socket; after `unregister` the pin is kept without one.
    pub registered: bool,
    /// What was approved.
    pub pin: Option<SavedPin>,
}

/// An approved manifest as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPin {
    /// The approved file, byte for byte.
    pub manifest: String,
    /// Its SHA-256.
    pub sha256: String,
    /// When it was approved.
    pub approved_at: String,
}

impl SavedProject {
    /// A project in the current format.
    pub fn new(
        name: ProjectName,
        project_path: PathBuf,
        allowed_uids: BTreeSet<u32>,
        registered: bool,
        pin: Option<SavedPin>,
    ) -> Self {
        Self { format: FORMAT, name, project_path, allowed_uids, registered, pin }
    }
}

impl StateDirectory {
    /// Saves a project.
    pub fn save_project(&self, project: &SavedProject) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(project)?;
        self.write_atomically(&self.project_file(&project.name), &text)
    }

    /// The saved state of one project.
    pub fn load_project(&self, name: &ProjectName) -> io::Result<Option<SavedProject>> {
        let path = self.project_file(name);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let damaged =
            |why: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{} {why}", path.display()));
        let project: SavedProject =
            serde_json::from_slice(&text).map_err(|_| damaged("is not a project file of the broker"))?;
        if project.format != FORMAT {
            return Err(damaged("has a format that this version does not know"));
        }
        if project.name != *name {
            return Err(damaged("names another project"));
        }
        Ok(Some(project))
    }

    /// Every project that can be read; one that cannot is left as it is and named in the log.
    pub fn load_projects(&self) -> io::Result<Vec<SavedProject>> {
        let mut projects = Vec::new();
        for entry in fs::read_dir(self.projects())? {
            let file_name = entry?.file_name();
            let Some(name) = file_name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            match ProjectName::new(name).ok().map(|name| self.load_project(&name)) {
                Some(Ok(Some(project))) => projects.push(project),
                Some(Err(error)) => {
                    log::error!(REMO_PROJECT = name; "cannot restore the project {name}: {error}");
                }
                Some(Ok(None)) | None => {}
            }
        }
        Ok(projects)
    }

    fn project_file(&self, name: &ProjectName) -> PathBuf {
        self.projects().join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProjectName {
        ProjectName::new(text).unwrap()
    }

    #[test]
    fn a_project_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        let pin = SavedPin {
            manifest: "…".into(),
            sha256: "00".into(),
            approved_at: "2026-01-01T00:00:00Z".into(),
        };
        let project = SavedProject::new(name("a"), "/p/a".into(), BTreeSet::from([1000]), true, Some(pin));
        directory.save_project(&project).unwrap();
        assert_eq!(directory.load_projects().unwrap(), [project]);
        assert_eq!(directory.load_project(&name("b")).unwrap(), None);
    }

    #[test]
    fn a_damaged_project_does_not_take_the_others_along() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        let project = SavedProject::new(name("a"), "/p/a".into(), BTreeSet::new(), true, None);
        directory.save_project(&project).unwrap();
        let damaged = folder.path().join("projects/b.json");
        fs::write(&damaged, "{").unwrap();
        assert_eq!(directory.load_projects().unwrap(), [project]);
        assert!(damaged.exists());
    }
}
