//! Who is at the other end of a Unix socket.

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd};

/// What the kernel recorded about the peer when the connection was made (`SO_PEERCRED`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerCredentials {
    /// Process number as this process sees it; 0 when the peer lives where this process cannot see.
    pub pid: i32,
    /// User as this process sees it; 65534 when it has no number here.
    pub uid: u32,
}

/// The credentials of the peer of a connected Unix socket.
///
/// rustix has this call too, but keeps the process number in a type that cannot be zero, which it is for a
/// peer outside of this process's namespace.
pub fn peer_credentials(socket: impl AsFd) -> io::Result<PeerCredentials> {
    let mut credentials = libc::ucred { pid: 0, uid: 0, gid: 0 };
    #[expect(clippy::cast_possible_truncation, reason = "a ucred has 12 bytes")]
    let mut length = mem::size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open for the call, and the buffer is a ucred of the length that is passed.
    let status = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    if status == 0 {
        Ok(PeerCredentials { pid: credentials.pid, uid: credentials.uid })
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_sockets_has_this_process_at_both_ends() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let credentials = peer_credentials(&one).unwrap();
        assert_eq!(u32::try_from(credentials.pid).unwrap(), std::process::id());
        assert_eq!(credentials.uid, rustix::process::getuid().as_raw());
    }
}
