//! The files of the history: read with their owner checked, replaced in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};

use super::History;
use crate::failure::Failure;

/// More than any history has, in bytes.
const LARGEST: u64 = 1 << 20;

/// The histories of all projects of one user.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens the store below the launcher's state folder, making both with mode 0700.
    pub fn open(state: &Path) -> Result<Self, Failure> {
        let store = Self { folder: state.join("containers") };
        for folder in [state, &store.folder] {
            make_private(folder).map_err(|error| {
                Failure::at("use the state folder", folder, &error)
                    .hint(format!("take it from others: chmod 700 {}", folder.display()))
            })?;
        }
        Ok(store)
    }

    /// What is remembered of a project.
    pub fn read(&self, project: &str) -> Result<History, Failure> {
        let path = self.path(project);
        match read_own(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(History::default()),
            Err(error) => Err(error),
        }
        .map_err(|error| {
            Failure::at("use what is remembered in", &path, &error)
                .hint("nothing starts by a file that somebody else changed; look at it, then remove it")
        })
    }

    /// Changes what is remembered of a project, while nobody else does.
    pub fn change(&self, project: &str, change: impl FnOnce(&mut History)) -> Result<History, Failure> {
        let path = self.path(project);
        let failed = |error: io::Error| Failure::at("write", &path, &error);
        let lock = self.lock(project).map_err(failed)?;
        let mut history = self.read(project)?;
        change(&mut history);
        let text = serde_json::to_vec_pretty(&history).map_err(|error| failed(error.into()))?;
        replace(&self.folder, &path, &text).map_err(failed)?;
        drop(lock);
        Ok(history)
    }

    /// Keeps others from starting or deleting the project until it is dropped; `None` when somebody does.
    pub fn claim(&self, project: &str) -> Result<Option<File>, Failure> {
        let path = self.folder.join(format!("{project}.start"));
        let file = open_lock(&path).map_err(|error| Failure::at("open", &path, &error))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(Failure::at("lock", &path, &error.into())),
        }
    }

    fn lock(&self, project: &str) -> io::Result<File> {
        let file = open_lock(&self.folder.join(format!("{project}.lock")))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    }

    fn path(&self, project: &str) -> PathBuf {
        self.folder.join(format!("{project}.json"))
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow()?)
        .open(path)
}

fn no_follow() -> io::Result<i32> {
    i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)
}

fn read_own(path: &Path) -> io::Result<String> {
    let file = OpenOptions::new().read(true).custom_flags(no_follow()?).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(foreign());
    }
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn replace(folder: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    // Mode 0600 from the beginning.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(content)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Makes a folder that only this user may enter, or checks that it is one that only this user may write.
pub fn make_private(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    let own = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_dir() && own && found.mode() & 0o022 == 0 { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "it is not this user's own, or others can write it")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_was_written_is_read_and_projects_are_apart() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(&place.path().join("remo")).unwrap();
        assert_eq!(store.read("a").unwrap(), History::default());
        store.change("a", |history| history.was_in_container = true).unwrap();
        store.change("a", |history| history.users.push(1001)).unwrap();
        let history = store.read("a").unwrap();
        assert!(history.was_in_container && history.users == [1001]);
        assert_eq!(store.read("b").unwrap(), History::default());
        let mode = fs::metadata(place.path().join("remo/containers/a.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_history_that_somebody_else_wrote_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        store.change("a", |history| history.was_in_container = true).unwrap();
        let path = place.path().join("containers/a.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(store.read("a").is_err(), "others can write it");
        fs::remove_file(&path).unwrap();
        symlink("/dev/null", &path).unwrap();
        assert!(store.read("a").is_err(), "a link is not followed");
        fs::remove_file(&path).unwrap();
        fs::write(&path, r#"{"host_is_approved":true,"further":1}"#).unwrap();
        assert!(store.read("a").is_err(), "what is not ours is not guessed at");
        assert!(store.change("a", |history| history.host_is_approved = true).is_err());
    }

    #[test]
    fn one_start_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        let claim = store.claim("a").unwrap();
        assert!(
            claim.is_some() && store.claim("a").unwrap().is_none() && store.claim("b").unwrap().is_some()
        );
        drop(claim);
        assert!(store.claim("a").unwrap().is_some());
    }
}
