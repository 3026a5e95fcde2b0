//! Descriptors that a service manager or another parent passed at start.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The first descriptor that systemd's protocol passes (`SD_LISTEN_FDS_START`).
pub const FIRST_DESCRIPTOR: RawFd = 3;

/// Takes over `count` descriptors from [`FIRST_DESCRIPTOR`] on.
///
/// Call at most once, before anything else opens descriptors: a second call would own the same ones again.
/// A number that is not open is left out.
pub fn take(count: u16) -> Vec<OwnedFd> {
    (FIRST_DESCRIPTOR..FIRST_DESCRIPTOR + RawFd::from(count))
        .filter_map(|descriptor| {
            // SAFETY: F_GETFD reads flags of a descriptor number and fails cleanly when it is not open.
            let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
            if flags == -1 {
                return None;
            }
            // SAFETY: F_SETFD changes flags of a descriptor that was just seen open.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, flags | libc::FD_CLOEXEC) };
            // SAFETY: the descriptor is open, was passed to this process to own, and this function runs once.
            Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
        })
        .collect()
}

/// Keeps what this process has open, but for the three standard ones, from programs that it starts from now on:
/// whoever started this process may have passed pipes and locks on that it does not even know of.
///
/// # Errors
/// When the system does not tell what is open.
pub fn keep_from_children() -> io::Result<()> {
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok());
        if let Some(descriptor) = number.filter(|number| *number >= FIRST_DESCRIPTOR) {
            // SAFETY: F_SETFD changes the one flag of a descriptor number and fails cleanly when it is not open.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}
