//! Who is at the other end of a connection, by what the kernel says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

use remo_sys::{PeerCredentials, peer_credentials};

/// The uid that the kernel shows for every user that has no number here. Several users look alike as this
/// one, so it is never let in (`/proc/sys/kernel/overflowuid`).
pub const OVERFLOW_UID: u32 = 65_534;

/// How much of `/proc/PID/cgroup` is read: its lines are short, and the first carries the identifier.
const CGROUP_MAX: u64 = 8 * 1024;

/// Length of a container identifier in hexadecimal digits.
const CONTAINER_ID_LENGTH: usize = 64;

/// The process that connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its process number, in the broker's own numbering.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// The container it runs in, when its control group tells.
    pub container: Option<Box<str>>,
}

impl Peer {
    /// Reads the credentials that the kernel recorded when the peer connected.
    pub fn of(socket: impl AsFd) -> std::io::Result<Self> {
        let PeerCredentials { pid, uid } = peer_credentials(socket)?;
        Ok(Self { pid, uid, container: container_of(pid) })
    }

    /// Whether this peer may use a project's socket: root, or one of the recorded users.
    pub fn is_expected(&self, allowed_uids: &BTreeSet<u32>) -> bool {
        self.uid != OVERFLOW_UID && (self.uid == 0 || allowed_uids.contains(&self.uid))
    }
}

/// The container that a process runs in, out of its control group path.
fn container_of(pid: i32) -> Option<Box<str>> {
    let mut text = String::new();
    File::open(format!("/proc/{pid}/cgroup")).ok()?.take(CGROUP_MAX).read_to_string(&mut text).ok()?;
    container_id(&text).map(Into::into)
}

/// The first run of exactly 64 lower-case hexadecimal digits, as container engines name their groups.
fn container_id(cgroup: &str) -> Option<&str> {
    cgroup
        .split(|letter: char| !matches!(letter, '0'..='9' | 'a'..='f'))
        .find(|part| part.len() == CONTAINER_ID_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_recorded_users_are_expected_and_the_overflow_user_never() {
        let allowed = BTreeSet::from([1000, OVERFLOW_UID]);
        let expected = |uid| Peer { pid: 1, uid, container: None }.is_expected(&allowed);
        assert!(expected(0));
        assert!(expected(1000));
        assert!(!expected(1001));
        assert!(!expected(OVERFLOW_UID));
    }

    #[test]
    fn container_identifiers_are_found_in_both_control_group_layouts() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(container_id(&format!("0::/system.slice/docker-{id}.scope\n")), Some(id.as_str()));
        assert_eq!(container_id(&format!("12:cpu:/docker/{id}\n11:pids:/docker/{id}\n")), Some(id.as_str()));
        assert_eq!(container_id("0::/user.slice/user-1000.slice\n"), None);
        assert_eq!(container_id(&format!("0::/{id}0\n")), None);
    }
}
