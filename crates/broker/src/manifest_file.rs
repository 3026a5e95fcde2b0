//! Reading a project's manifest, which its container can edit, rename and replace at any moment.
//!
//! Every component below the projects root is opened by itself without following links, so that no name can
//! be swapped for a link between a check and its use.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use remo_wire::limits::MANIFEST_MAX;
use remo_wire::names::ProjectName;
use rustix::fs::{FileType, Mode, OFlags, fstat, open, openat};
use rustix::io::Errno;

/// What was found where a manifest belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestFile {
    /// The content of a regular file of acceptable size.
    Content(Vec<u8>),
    /// Nothing, or no directory to look in; the text says which.
    Missing(String),
    /// Something that is not read; the text says what.
    Refused(String),
}

/// The name of the manifest for messages.
pub const LABEL: &str = ".remo/manifest.toml";

/// Reads `<root>/<project>/.remo/manifest.toml`.
pub fn read(root: &Path, project: &ProjectName) -> ManifestFile {
    match open_manifest(root, project) {
        Ok(file) => read_checked(&file),
        Err((part, error)) => refusal(&part, error),
    }
}

fn open_manifest(root: &Path, project: &ProjectName) -> Result<OwnedFd, (String, Errno)> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let below = directory | OFlags::NOFOLLOW;
    // Only a reference: opening a device has effects, and a FIFO would wait.
    let reference = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at = |part: &str| {
        let part = part.to_owned();
        move |error| (part, error)
    };
    let root = open(root, directory, Mode::empty()).map_err(at("the projects root"))?;
    let project =
        openat(&root, project.as_str(), below, Mode::empty()).map_err(at("the project directory"))?;
    let remo = openat(&project, ".remo", below, Mode::empty()).map_err(at(".remo"))?;
    openat(&remo, "manifest.toml", reference, Mode::empty()).map_err(at(LABEL))
}

fn refusal(part: &str, error: Errno) -> ManifestFile {
    match error {
        Errno::NOENT => ManifestFile::Missing(format!("{part} does not exist")),
        // With O_PATH and O_DIRECTORY a link shows as "not a directory".
        Errno::LOOP => ManifestFile::Refused(format!("{part} is a symbolic link, which is not followed")),
        Errno::NOTDIR => ManifestFile::Refused(format!("{part} is a symbolic link or not a directory")),
        Errno::NXIO => ManifestFile::Refused(format!("{part} is not a regular file")),
        error => ManifestFile::Refused(format!("{part} cannot be opened: {}", io::Error::from(error))),
    }
}

fn read_checked(descriptor: &OwnedFd) -> ManifestFile {
    let unreadable = |error: io::Error| ManifestFile::Refused(format!("{LABEL} cannot be read: {error}"));
    match fstat(descriptor) {
        Ok(status) if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile => {
            return ManifestFile::Refused(format!("{LABEL} is a symbolic link or not a regular file"));
        }
        Ok(_) => {}
        Err(error) => return unreadable(error.into()),
    }
    // The very file that was looked at, whatever its name leads to by now.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let itself = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    let file = match open(itself.as_str(), flags, Mode::empty()) {
        Ok(file) => file,
        Err(error) => return unreadable(error.into()),
    };
    let mut content = Vec::new();
    match File::from(file).take(MANIFEST_MAX as u64 + 1).read_to_end(&mut content) {
        Ok(length) if length > MANIFEST_MAX => {
            ManifestFile::Refused(format!("{LABEL} has more than {MANIFEST_MAX} bytes"))
        }
        Ok(_) => ManifestFile::Content(content),
        Err(error) => unreadable(error),
    }
}

/// The canonical path of a project: exactly `<projects root>/<name>`, reached through no link.
///
/// # Errors
/// A sentence that says what is wrong with `claimed`.
pub fn canonical_project_path(root: &Path, name: &ProjectName, claimed: &Path) -> Result<PathBuf, String> {
    let root =
        root.canonicalize().map_err(|error| format!("the projects root {}: {error}", root.display()))?;
    let expected = root.join(name.as_str());
    let words = |why: &str| {
        format!("project_path {why}; the project {name} has to be the directory {}", expected.display())
    };
    if !claimed.is_absolute() {
        return Err(words("is not absolute"));
    }
    let canonical = claimed.canonicalize().map_err(|error| words(&format!("cannot be resolved: {error}")))?;
    if canonical != expected {
        return Err(words("leads elsewhere"));
    }
    if !canonical.is_dir() {
        return Err(words("is not a directory"));
    }
    Ok(canonical)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn project() -> (tempfile::TempDir, ProjectName) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("p/.remo")).unwrap();
        (root, ProjectName::new("p").unwrap())
    }

    #[test]
    fn a_regular_file_is_read_up_to_its_limit() {
        let (root, name) = project();
        let file = root.path().join("p/.remo/manifest.toml");
        assert!(matches!(read(root.path(), &name), ManifestFile::Missing(_)));
        fs::write(&file, vec![b'#'; MANIFEST_MAX]).unwrap();
        assert_eq!(read(root.path(), &name), ManifestFile::Content(vec![b'#'; MANIFEST_MAX]));
        fs::write(&file, vec![b'#'; MANIFEST_MAX + 1]).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));
    }

    #[test]
    fn links_are_not_followed_at_any_level() {
        let (root, name) = project();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("manifest.toml"), "secret").unwrap();

        symlink(outside.path().join("manifest.toml"), root.path().join("p/.remo/manifest.toml")).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));

        fs::remove_dir_all(root.path().join("p/.remo")).unwrap();
        symlink(outside.path(), root.path().join("p/.remo")).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));

        fs::remove_dir_all(root.path().join("p")).unwrap();
        fs::create_dir(outside.path().join(".remo")).unwrap();
        symlink(outside.path(), root.path().join("p")).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused_without_waiting() {
        let (root, name) = project();
        let path = root.path().join("p/.remo/manifest.toml");
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));
        fs::remove_dir(&path).unwrap();
        std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(read(root.path(), &name), ManifestFile::Refused(_)));
    }

    #[test]
    fn a_project_is_exactly_a_child_of_the_root() {
        let (root, name) = project();
        let real = root.path().canonicalize().unwrap();
        assert_eq!(canonical_project_path(root.path(), &name, &real.join("p")), Ok(real.join("p")));
        symlink(real.join("p"), real.join("q")).unwrap();
        let q = ProjectName::new("q").unwrap();
        for (name, claimed) in
            [(&q, real.join("q")), (&q, real.join("p")), (&name, "p".into()), (&name, real.clone())]
        {
            assert!(canonical_project_path(root.path(), name, &claimed).is_err(), "{claimed:?}");
        }
    }
}
