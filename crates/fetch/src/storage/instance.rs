//! Which container this is: what tells one start of it from another, and from its neighbours.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The kernel's number of the initial process namespace (`PROC_PID_INIT_INO`).
const INITIAL_PROCESSES: &str = "pid:[4026531836]";

/// The kernel's number of the initial IPC namespace (`PROC_IPC_INIT_INO`).
const INITIAL_IPC: &str = "ipc:[4026531839]";

/// The kernel's number of the initial namespace of host names (`PROC_UTS_INIT_INO`).
const INITIAL_HOST_NAME: &str = "uts:[4026531838]";

/// Position of a process's start time behind its name in `/proc/PID/stat` (field 22; the name is field 2).
const START_TIME: usize = 19;

/// Files that container engines put into every container. An image may bring them along, and a virtual machine
/// may be made of such an image: alone they prove nothing.
const CONTAINER_MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];

/// One start of one container, or one boot of a host. What the system does not show is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// The boot of the kernel.
    boot: String,
    /// The process namespace.
    processes: String,
    /// The mount namespace.
    mounts: String,
    /// When process 1 started, in ticks since the boot.
    started: String,
    #[serde(skip)]
    ipc: String,
    #[serde(skip)]
    contained: bool,
}

impl Instance {
    /// Where this process runs.
    pub(crate) fn current() -> Self {
        let namespace = |name: &str| {
            std::fs::read_link(Path::new("/proc/self/ns").join(name))
                .map(|link| link.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let marked = CONTAINER_MARKS.iter().any(|mark| Path::new(mark).exists());
        let processes = namespace("pid");
        Self {
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            mounts: namespace("mnt"),
            started: start_time(&read("/proc/1/stat")).unwrap_or_default().to_owned(),
            ipc: namespace("ipc"),
            contained: contained(&processes, &namespace("uts"), marked),
            processes,
        }
    }

    /// Whether this is a container.
    pub(super) fn is_contained(&self) -> bool {
        self.contained
    }

    /// Whether this is a container that was given the host's own IPC namespace, and with it its `/dev/shm`.
    pub(super) fn shares_ipc_with_host(&self) -> bool {
        self.contained && self.ipc == INITIAL_IPC
    }

    /// Whether `other` is this start of this container.
    ///
    /// The mount namespace decides only where a container shares the host's processes: elsewhere a program may
    /// well run in a mount namespace of its own.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let shares_processes = self.contained && self.processes == INITIAL_PROCESSES;
        self.boot == other.boot
            && self.processes == other.processes
            && self.started == other.started
            && (!shares_processes || self.mounts == other.mounts)
    }

    /// Whether `other` is of an earlier boot of the kernel, and so certainly gone.
    pub(super) fn outlived(&self, other: &Self) -> bool {
        self.boot != other.boot
    }
}

/// Whether this is a container: it has processes of its own, or (where it shares the host's) an engine's mark
/// and a host name of its own.
fn contained(processes: &str, host_name: &str, marked: bool) -> bool {
    let own = |namespace: &str, initial: &str| !namespace.is_empty() && namespace != initial;
    own(processes, INITIAL_PROCESSES) || (marked && own(host_name, INITIAL_HOST_NAME))
}

/// The start time in the text of `/proc/PID/stat`; the name before it may hold blanks and parentheses.
fn start_time(status: &str) -> Option<&str> {
    status.rsplit_once(')')?.1.split_whitespace().nth(START_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(processes: &str, ipc: &str, contained: bool) -> Instance {
        Instance {
            boot: "b".to_owned(),
            processes: processes.to_owned(),
            mounts: "mnt:[1]".to_owned(),
            started: "5".to_owned(),
            ipc: ipc.to_owned(),
            contained,
        }
    }

    #[test]
    fn a_virtual_machine_made_of_an_image_is_no_container() {
        let own = "pid:[4026532000]";
        assert!(contained(own, INITIAL_HOST_NAME, false));
        assert!(contained(INITIAL_PROCESSES, "uts:[4026532000]", true));
        assert!(!contained(INITIAL_PROCESSES, INITIAL_HOST_NAME, true));
        assert!(!contained(INITIAL_PROCESSES, "uts:[4026532000]", false));
        assert!(!contained("", "", true));
    }

    #[test]
    fn the_hosts_ipc_namespace_is_refused_in_containers_only() {
        assert!(instance("", INITIAL_IPC, true).shares_ipc_with_host());
        assert!(!instance("", INITIAL_IPC, false).shares_ipc_with_host());
        assert!(!instance("", "ipc:[4026532001]", true).shares_ipc_with_host());
    }

    #[test]
    fn a_restart_is_another_instance_and_a_new_mount_namespace_is_not() {
        let one = instance("pid:[1]", "", true);
        assert!(one.same(&Instance { mounts: "mnt:[2]".to_owned(), ..one.clone() }));
        assert!(!one.same(&Instance { started: "6".to_owned(), ..one.clone() }));
        assert!(!one.same(&Instance { processes: "pid:[2]".to_owned(), ..one.clone() }));
        let shares_processes = instance(INITIAL_PROCESSES, "", true);
        assert!(
            !shares_processes.same(&Instance { mounts: "mnt:[2]".to_owned(), ..shares_processes.clone() })
        );
    }

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let status = "1 (a) b) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 777 9 9";
        assert_eq!(start_time(status), Some("777"));
        assert!(!Instance::current().started.is_empty());
    }
}
