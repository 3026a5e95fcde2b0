//! One file of the store: read with its owner checked, replaced in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags};

use super::{StoreError, failed};

/// More than any project has approvals for.
const LARGEST: u64 = 4 << 20;

/// Reads a file that belongs to this user and that nobody else can write.
pub(super) fn read_own(path: &Path) -> io::Result<String> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "is no file of this user's own that only this user can write",
        ));
    }
    let mut content = String::new();
    file.take(LARGEST + 1).read_to_string(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "is too large"));
    }
    Ok(content)
}

/// Replaces a file in one step; whoever reads it finds the old or the new content.
pub(super) fn replace(directory: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    // Mode 0600 from the beginning.
    let mut draft = tempfile::NamedTempFile::new_in(directory)?;
    draft.write_all(content)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// Does `work` while nobody else does it for the same path.
pub(super) fn locked<T>(path: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let lock = path.with_extension("lock");
    let attempt = || format!("lock {}", lock.display());
    let file: File = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock)
        .map_err(failed(attempt()))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .map_err(|error| failed(attempt())(error.into()))?;
    work()
}
