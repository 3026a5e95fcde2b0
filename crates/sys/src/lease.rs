//! Whether somebody has a file open for writing.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

/// fcntl(2); the libc crate has it for some targets only.
const F_SETSIG: libc::c_int = 10;

/// Whether any process has `file` open for writing. `file` is open for reading only.
///
/// Asks for a read lease, which the system gives only while nobody can write, and gives it back at once. Whoever
/// opens the file for writing in these microseconds waits for that, or fails when it opens with `O_NONBLOCK`.
///
/// # Errors
/// `PermissionDenied` when the file is somebody else's, `InvalidInput` when the file system has no leases.
pub fn has_writer(file: &File) -> io::Result<bool> {
    let fd = file.as_raw_fd();
    // A lease that is broken is told by SIGIO, which would end the process; SIGURG is ignored unless caught.
    // SAFETY: F_SETSIG takes an integer and touches no memory; the descriptor is open for the borrow.
    if unsafe { libc::fcntl(fd, F_SETSIG, libc::SIGURG) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: F_SETLEASE takes an integer and touches no memory.
    if unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_RDLCK) } == -1 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::WouldBlock { Ok(true) } else { Err(error) };
    }
    // SAFETY: as above.
    if unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;

    #[test]
    fn a_writer_is_found_for_as_long_as_it_has_the_file_open() {
        let path = std::env::temp_dir().join(format!("remo-lease-{}", std::process::id()));
        fs::write(&path, "x").unwrap();
        let reader = File::open(&path).unwrap();
        let other_reader = File::open(&path).unwrap();
        let without = has_writer(&reader);
        let writer = OpenOptions::new().write(true).open(&path).unwrap();
        let with = has_writer(&reader);
        drop(writer);
        let after = has_writer(&reader);
        drop(other_reader);
        fs::remove_file(&path).unwrap();
        assert_eq!((without.unwrap(), with.unwrap(), after.unwrap()), (false, true, false));
    }
}
