//! Refusing memory that the host or another container sees too.
//!
//! `/dev/shm` belongs to an IPC namespace. A container that was started with the host's
//! (`--ipc=host`) keeps it together with the host: this shows from inside, because the kernel numbers the
//! initial namespace always alike. Two containers that share one namespace, or a container inside of a
//! container that shares its parent's, cannot be told from inside; the marker ([`super::owner`]) notices it as
//! soon as both use the directory. What cannot be seen at all: a neighbour that shares the namespace and only
//! reads. Root in such a neighbour can do that; the launcher refuses such configurations on the host.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{fstat, stat};

use super::Instance;
use crate::failure::Failure;

/// The memory that an IPC namespace brings along.
const SHARED_MEMORY: &str = "/dev/shm";

/// Refuses a directory on a `/dev/shm` that is the host's.
pub(super) fn refuse(directory: &OwnedFd, path: &Path) -> Result<(), Failure> {
    let (Ok(directory), Ok(shared)) = (fstat(directory), stat(SHARED_MEMORY)) else { return Ok(()) };
    if directory.st_dev == shared.st_dev && Instance::current().shares_ipc_with_host() {
        return Err(Failure::unavailable(format!(
            "{} cannot keep secrets: it is shared with the host (this container has the host's IPC namespace)",
            path.display()
        ))
        .hint("start the container without --ipc=host, or mount a tmpfs of its own and name it with --secrets-dir"));
    }
    Ok(())
}
