//! Files and directories relative to an open directory, never through a link.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, fchmod, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::path::Arg;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::failure::Failure;

/// How deep a tree may be that is removed. Our own go down three levels; each costs two descriptors.
const DEPTH_MAX: usize = 64;

/// The largest file that is read back: the set of all variables, whose values come in one response.
const READ_MAX: u64 = 64 * 1024 * 1024;

/// `prefix` and 16 random hexadecimal digits.
pub(crate) fn random_name(prefix: &str) -> Result<String, Failure> {
    let mut bytes = [0_u8; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())
        .map_err(|error| Failure::internal("get random bytes", &io::Error::from(error)))?;
    Ok(format!("{prefix}{:016x}", u64::from_ne_bytes(bytes)))
}

/// Makes a directory that is closed to others, and opens it.
pub(crate) fn create_directory(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    mkdirat(&parent, name, Mode::RWXU)?;
    open_directory(parent, name)
}

/// Opens a directory.
pub(crate) fn open_directory(parent: impl AsFd, name: impl Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(parent, name, flags, Mode::empty())?)
}

/// Opens a directory, making it where it is missing, or where something that is none is in its place.
pub(crate) fn ensure_directory(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let make = || match mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_directory(&parent, name),
        Err(error) => Err(error.into()),
    };
    match make() {
        Err(error) if is_no_directory(&error) => {
            remove(&parent, name)?;
            make()
        }
        opened => opened,
    }
}

/// Whether opening a directory failed because a file or a link is there.
pub(crate) fn is_no_directory(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOTDIR | Errno::LOOP))
}

/// Whether opening a file failed because a link, a directory, or a socket or pipe that nobody serves is there.
pub(crate) fn is_no_file(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::ISDIR | Errno::NXIO))
}

/// Renames `from` to `to` in one step, over whatever is there but a directory, which is removed first.
pub(crate) fn replace(parent: impl AsFd, from: &str, to: &str) -> io::Result<()> {
    let rename = || renameat(&parent, from, &parent, to);
    match rename() {
        Err(Errno::ISDIR) => {
            remove(&parent, to)?;
            Ok(rename()?)
        }
        renamed => Ok(renamed?),
    }
}

/// Makes a file that was not there, with exactly this mode and content.
pub(crate) fn create_file(parent: impl AsFd, name: &str, mode: Mode, content: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(parent, name, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(content)?;
    // Explicitly, because the mask of the process may take bits away.
    Ok(fchmod(&file, mode)?)
}

/// The content of a regular file; `None` when there is none.
pub(crate) fn read_file(parent: impl AsFd, name: &str) -> io::Result<Option<Vec<u8>>> {
    // Without blocking, so that a planted pipe cannot hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(parent, name, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let status = file.metadata()?;
    if !status.is_file() || status.len() > READ_MAX {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    // In one piece, so that no buffer with a part of it is given up while it grows.
    let mut content = Vec::with_capacity(usize::try_from(status.len()).unwrap_or_default() + 1);
    file.take(READ_MAX).read_to_end(&mut content)?;
    Ok(Some(content))
}

/// The names in a directory. Ours are all UTF-8; others may have been put there by somebody else.
pub(crate) fn names(directory: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name.to_vec()));
        }
    }
    Ok(names)
}

/// Removes `name` and everything in it. Files are unlinked, not overwritten: a reader that has one open goes
/// on reading what it opened, and the kernel clears memory before anybody gets it again.
pub(crate) fn remove(parent: impl AsFd, name: impl AsRef<OsStr>) -> io::Result<()> {
    remove_below(parent.as_fd(), name.as_ref(), DEPTH_MAX)
}

fn remove_below(parent: BorrowedFd<'_>, name: &OsStr, depth: usize) -> io::Result<()> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) if depth > 0 => {}
        Err(error) => return Err(error.into()),
    }
    let directory = open_directory(parent, name)?;
    for entry in names(&directory)? {
        remove_below(directory.as_fd(), &entry, depth - 1)?;
    }
    Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

/// How long ago `name` was changed; `None` when that cannot be told, or lies in the future after a clock
/// has jumped.
pub(crate) fn age(parent: impl AsFd, name: impl Arg) -> Option<Duration> {
    let status = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let seconds = Duration::from_secs(u64::try_from(status.st_mtime).ok()?);
    let changed = UNIX_EPOCH + seconds + Duration::from_nanos(status.st_mtime_nsec);
    SystemTime::now().duration_since(changed).ok()
}
