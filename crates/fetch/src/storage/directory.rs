//! Opening the directory without following links, and checking every step of the way.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, fchmod, fstat, fstatfs, mkdirat, openat};
use rustix::io::Errno;

use crate::failure::Failure;

/// File systems that live in memory, by the number that `statfs` gives (statfs(2)).
const MEMORY_BACKED: [u64; 2] = [TMPFS, RAMFS];
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;

const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
const GROUP_OR_OTHERS: u32 = 0o077;
const STICKY: u32 = 0o1000;

/// What to do where the directory is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Create,
    Refuse,
}

/// Opens the directory at `path`. Its parents must exist.
pub(super) fn open(path: &Path, missing: Missing) -> Result<OwnedFd, Failure> {
    let names = plain_names(path)?;
    let Some((last, parents)) = names.split_last() else {
        return Err(refused(path, "is not a directory of its own"));
    };
    let user = rustix::process::geteuid().as_raw();
    let mut walked = PathBuf::from("/");
    let mut parent = step(CWD, Path::new("/"), &walked)?;
    check_parent(&parent, &walked, user)?;
    for name in parents {
        walked.push(name);
        parent = step(&parent, Path::new(name), &walked)?;
        check_parent(&parent, &walked, user)?;
    }
    let made = missing == Missing::Create && make(&parent, last, path)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat(&parent, *last, flags, Mode::empty()).map_err(|error| not_opened(path, error))?;
    if made {
        // The mask of the process may have taken bits away, a default ACL of the parent may have added some.
        fchmod(&directory, Mode::RWXU)
            .map_err(|error| Failure::writing("close to others", path, &error.into()))?;
    }
    check(&directory, path, user)?;
    Ok(directory)
}

fn plain_names(path: &Path) -> Result<Vec<&Path>, Failure> {
    let mut components = path.components();
    let absolute = components.next() == Some(Component::RootDir);
    let names: Option<Vec<&Path>> = components
        .map(|component| match component {
            Component::Normal(name) => Some(Path::new(name)),
            _ => None,
        })
        .collect();
    names.filter(|_| absolute).ok_or_else(|| {
        Failure::usage(format!(
            "the secrets directory {} is not an absolute path without `..`",
            path.display()
        ))
        .hint("write for example --secrets-dir /dev/shm/remo-secrets")
    })
}

fn step(parent: impl AsFd, name: &Path, walked: &Path) -> Result<OwnedFd, Failure> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty()).map_err(|error| not_opened(walked, error))
}

fn make(parent: &OwnedFd, name: &Path, path: &Path) -> Result<bool, Failure> {
    match mkdirat(parent, name, Mode::RWXU) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(Failure::writing("make the secrets directory", path, &error.into())),
    }
}

/// Nobody else may be able to put another directory into the place of a parent's entry.
fn check_parent(parent: &OwnedFd, path: &Path, user: u32) -> Result<(), Failure> {
    let status = fstat(parent).map_err(|error| not_opened(path, error))?;
    if status.st_uid != 0 && status.st_uid != user {
        return Err(refused(path, &format!("belongs to user {}", status.st_uid)));
    }
    if status.st_mode & GROUP_OR_OTHERS_WRITE != 0 && status.st_mode & STICKY == 0 {
        return Err(refused(path, "can be written by others"));
    }
    Ok(())
}

fn check(directory: &OwnedFd, path: &Path, user: u32) -> Result<(), Failure> {
    let status = fstat(directory).map_err(|error| not_opened(path, error))?;
    if status.st_uid != user {
        return Err(refused(path, &format!("belongs to user {}, this is user {user}", status.st_uid)));
    }
    if status.st_mode & GROUP_OR_OTHERS != 0 {
        return Err(refused(path, &format!("is open to others (mode {:04o})", status.st_mode & 0o7777))
            .hint(format!("look who opened it, then: chmod 0700 {}", path.display())));
    }
    let file_system = fstatfs(directory).map_err(|error| not_opened(path, error))?;
    #[expect(clippy::cast_sign_loss, reason = "a magic number, which some platforms type as signed")]
    let magic = file_system.f_type as u64;
    if MEMORY_BACKED.contains(&magic) {
        Ok(())
    } else {
        Err(refused(path, &format!("is not memory-backed (file system {magic:#x})")))
    }
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::unavailable(format!("{} cannot keep secrets: it {why}", path.display())).hint(
        "secrets go only into a directory of this user's own, mode 0700, on a tmpfs, reached without links: \
         name one with --secrets-dir",
    )
}

fn not_opened(path: &Path, error: Errno) -> Failure {
    match error {
        Errno::LOOP | Errno::NOTDIR => refused(path, "is a link or no directory"),
        _ => Failure::unavailable(format!("cannot open {}: {}", path.display(), std::io::Error::from(error)))
            .hint("name a directory for secrets with --secrets-dir; all but its last part must exist"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn memory() -> tempfile::TempDir {
        tempfile::Builder::new().prefix("remo-fetch-").tempdir_in("/dev/shm").unwrap()
    }

    fn refusal(path: &Path) -> String {
        open(path, Missing::Create).unwrap_err().to_string()
    }

    #[test]
    fn a_new_directory_is_closed_to_others_and_an_own_one_is_taken() {
        let memory = memory();
        let path = memory.path().join("secrets");
        open(&path, Missing::Create).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
        open(&path, Missing::Refuse).unwrap();
    }

    #[test]
    fn links_are_refused_at_every_level() {
        let memory = memory();
        let real = memory.path().join("real");
        std::fs::create_dir_all(real.join("inner")).unwrap();
        symlink(&real, memory.path().join("link")).unwrap();
        assert!(refusal(&memory.path().join("link")).contains("is a link"));
        assert!(refusal(&memory.path().join("link/inner")).contains("is a link"));
        assert!(refusal(&memory.path().join("link/new")).contains("is a link"));
        assert!(!real.join("new").exists());
    }

    #[test]
    fn what_others_can_write_or_read_is_refused() {
        let memory = memory();
        let path = memory.path().join("secrets");
        std::fs::create_dir(&path).unwrap();
        for mode in [0o755, 0o710, 0o777, 0o1777] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(refusal(&path).contains("open to others"), "{mode:o}");
        }
        std::fs::set_permissions(memory.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(refusal(&path).contains("written by others"));
    }

    #[test]
    fn a_file_a_relative_path_and_a_path_upwards_are_refused() {
        let memory = memory();
        std::fs::write(memory.path().join("file"), "").unwrap();
        assert!(refusal(&memory.path().join("file")).contains("no directory"));
        assert!(refusal(Path::new("secrets")).contains("absolute"));
        assert!(refusal(&memory.path().join("../x")).contains("absolute"));
        assert!(refusal(Path::new("/")).contains("of its own"));
    }
}
