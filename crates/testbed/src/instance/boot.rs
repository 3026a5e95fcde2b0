//! Booting a container: how it has to be made so that systemd finds a machine.

use super::host::Host;
use crate::images::Image;

/// Every capability that the engine knows but `SYS_RESOURCE`, which not every machine has to give. `--privileged` asks
/// for that one too, and hands over the devices of the machine that runs the tests.
const CAPABILITIES: [&str; 37] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// What runs before systemd, as process 1 too.
///
/// The control groups are those of a namespace of the container's own, which the engine mounts read-only: systemd and
/// the engine inside keep everything below the container's group, and nothing of it is left on the machine. The boot
/// gets a number of its own, as each boot of a machine has; the journal is divided by it.
const INIT: &str = r"
for mount in /sys/fs/cgroup /sys/fs/cgroup/*; do
    mountpoint -q $mount && mount -o remount,bind,rw $mount
done
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
exec /sbin/init
";

/// Makes the container and starts it; its id.
pub(super) fn boot(host: &Host, name: &str) -> String {
    let mut arguments: Vec<&str> = vec!["run", "--detach", "--hostname", name];
    for capability in CAPABILITIES {
        arguments.extend(["--cap-add", capability]);
    }
    for confinement in ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"] {
        arguments.extend(["--security-opt", confinement]);
    }
    arguments.extend(["--cgroupns", "private", "--volume", "/var/lib/docker"]);
    for memory in ["/run:exec", "/tmp:exec", "/run/lock"] {
        arguments.extend(["--tmpfs", memory]);
    }
    // Tells systemd that there is no hardware, and asks it to shut down in its own order.
    arguments.extend(["--env", "container=docker", "--stop-signal", "SIGRTMIN+3"]);
    arguments.extend([Image::Instance.name(), "/bin/sh", "-c", INIT]);
    host.engine.docker(&arguments).trim().to_owned()
}
