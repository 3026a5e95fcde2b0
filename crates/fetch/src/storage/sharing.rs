//! Refusing memory that the host or another container sees too.
//!
//! `/dev/shm` belongs to an IPC namespace. A container that was started with the host's
//! (`--ipc=host`) keeps it together with the host: this shows from inside, because the kernel numbers the
//! initial namespace always alike. A directory of a file system that is mounted elsewhere, bound into the
//! container, shows too: the table of mounts names the part of the file system that is mounted. Two containers that share one namespace, or a container inside of a
//! container that shares its parent's, cannot be told from inside; the marker ([`super::owner`]) notices it as
//! soon as both use the directory. What cannot be seen at all: a neighbour that shares the namespace and only
//! reads, and a file system of the host that is bound into the container as a whole. Root there can read it;
//! the launcher refuses such configurations on the host.

use std::fs::read_to_string;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{fstat, stat};

use super::Instance;
use crate::failure::Failure;

/// The memory that an IPC namespace brings along.
const SHARED_MEMORY: &str = "/dev/shm";

/// Refuses a directory in memory that is the host's as well.
pub(super) fn refuse(directory: &OwnedFd, path: &Path) -> Result<(), Failure> {
    let contained = Instance::current().is_contained();
    if contained && let Some(root) = mounted_part(directory) {
        return Err(Failure::unavailable(format!(
            "{} cannot keep secrets: it is shared, as the part {} of a file system that was mounted elsewhere",
            path.display(),
            root.escape_debug()
        ))
        .hint("give the container a memory-backed mount of its own (docker run --tmpfs /run/secrets:mode=0700), and name a directory in it with --secrets-dir"));
    }
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

/// The part of its file system that is mounted where `directory` is, unless it is all of it. Where the system
/// does not show its mounts, nothing can be told.
fn mounted_part(directory: &OwnedFd) -> Option<String> {
    let about = read_to_string(format!("/proc/self/fdinfo/{}", directory.as_raw_fd())).ok()?;
    let mount = about.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
    let mounts = read_to_string("/proc/self/mountinfo").ok()?;
    root_of(&mounts, mount).filter(|root| *root != "/").map(str::to_owned)
}

/// The root of a mount in the text of `/proc/PID/mountinfo`: field 4, where field 1 is the mount's number.
fn root_of<'a>(mounts: &'a str, mount: &str) -> Option<&'a str> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        (fields.next() == Some(mount)).then(|| fields.nth(2)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_mount_is_its_fourth_field() {
        let mounts =
            "25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw\n125 24 0:23 /part /mnt rw - tmpfs tmpfs rw\n";
        assert_eq!(root_of(mounts, "25"), Some("/"));
        assert_eq!(root_of(mounts, "125"), Some("/part"));
        assert_eq!(root_of(mounts, "5"), None);
    }
}
