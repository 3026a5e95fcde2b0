//! Copies of small files: what was judged is what is read, whatever happens to the name in between.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{MemfdFlags, Mode, OFlags, ResolveFlags};

/// More than a builder takes for a secret, and than any file of variables has.
const LARGEST: u64 = 1 << 20;

/// Reads a regular file whose path was resolved: a link that has come into it since is an error.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let below_root = path.strip_prefix("/").map_err(io::Error::other)?;
    let root = rustix::fs::open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = rustix::fs::openat2(&root, below_root, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)?;
    let file = File::from(opened);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file"));
    }
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is larger than 1 MiB"));
    }
    Ok(content)
}

/// A copy in memory that the real command inherits; its path there.
///
/// The descriptor has to live until the process becomes the real command.
pub(super) fn in_memory(path: &Path) -> io::Result<(OwnedFd, String)> {
    let content = read(path)?;
    // Without CLOEXEC: this is the one descriptor that is meant to be inherited.
    let mut file = File::from(rustix::fs::memfd_create("remo-gate", MemfdFlags::empty())?);
    file.write_all(&content)?;
    file.rewind()?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok((file.into(), path))
}
