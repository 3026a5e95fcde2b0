//! Which container this is: what tells one start of it from another, and from its neighbours.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The kernel's number of the initial process namespace (`PROC_PID_INIT_INO`).
const INITIAL_PROCESSES: &str = "pid:[4026531836]";

/// The kernel's number of the initial IPC namespace (`PROC_IPC_INIT_INO`).
const INITIAL_IPC: &str = "ipc:[4026531839]";

/// Position of a process's start time behind its name in `/proc/PID/stat` (field 22; the name is field 2).
const START_TIME: usize = 19;

/// Files that container engines put into every container.
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
    engine: bool,
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
        Self {
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            processes: namespace("pid"),
            mounts: namespace("mnt"),
            started: start_time(&read("/proc/1/stat")).unwrap_or_default().to_owned(),
            ipc: namespace("ipc"),
            engine: CONTAINER_MARKS.iter().any(|mark| Path::new(mark).exists()),
        }
    }

    /// Whether this is a container that was given the host's own IPC namespace, and with it its `/dev/shm`.
    pub(super) fn shares_ipc_with_host(&self) -> bool {
        let contained = self.engine || (!self.processes.is_empty() && self.processes != INITIAL_PROCESSES);
        contained && self.ipc == INITIAL_IPC
    }

    /// Whether `other` is this start of this container.
    ///
    /// The mount namespace decides only where an engine's container shares the host's processes: elsewhere a
    /// program may well run in a mount namespace of its own.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.boot == other.boot
            && self.processes == other.processes
            && self.started == other.started
            && (!(self.engine && self.processes == INITIAL_PROCESSES) || self.mounts == other.mounts)
    }

    /// Whether `other` is of an earlier boot of the kernel, and so certainly gone.
    pub(super) fn outlived(&self, other: &Self) -> bool {
        self.boot != other.boot
    }
}

/// The start time in the text of `/proc/PID/stat`; the name before it may hold blanks and parentheses.
fn start_time(status: &str) -> Option<&str> {
    status.rsplit_once(')')?.1.split_whitespace().nth(START_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(processes: &str, ipc: &str, engine: bool) -> Instance {
        Instance {
            boot: "b".to_owned(),
            processes: processes.to_owned(),
            mounts: "mnt:[1]".to_owned(),
            started: "5".to_owned(),
            ipc: ipc.to_owned(),
            engine,
        }
    }

    #[test]
    fn the_hosts_ipc_namespace_is_refused_in_containers_only() {
        let own = "pid:[4026532000]";
        assert!(instance(own, INITIAL_IPC, false).shares_ipc_with_host());
        assert!(instance(INITIAL_PROCESSES, INITIAL_IPC, true).shares_ipc_with_host());
        assert!(!instance(INITIAL_PROCESSES, INITIAL_IPC, false).shares_ipc_with_host());
        assert!(!instance(own, "ipc:[4026532001]", true).shares_ipc_with_host());
    }

    #[test]
    fn a_restart_is_another_instance_and_a_new_mount_namespace_is_not() {
        let one = instance("pid:[1]", "", true);
        assert!(one.same(&Instance { mounts: "mnt:[2]".to_owned(), ..one.clone() }));
        assert!(!one.same(&Instance { started: "6".to_owned(), ..one.clone() }));
        assert!(!one.same(&Instance { processes: "pid:[2]".to_owned(), ..one.clone() }));
        let on_host = instance(INITIAL_PROCESSES, "", true);
        assert!(!on_host.same(&Instance { mounts: "mnt:[2]".to_owned(), ..on_host.clone() }));
    }

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let status = "1 (a) b) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 777 9 9";
        assert_eq!(start_time(status), Some("777"));
        assert!(!Instance::current().started.is_empty());
    }
}
