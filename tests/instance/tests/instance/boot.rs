//! The test bed itself: is it a host that the product can be installed on?

use remo_testbed::images::Image;
use remo_testbed::instance::{Laptop, USER};

use crate::boot;

/// What the instance keeps on its disk, and what it forgets.
const MARKS: [(&str, bool); 3] = [("/var/lib/mark", true), ("/run/mark", false), ("/tmp/mark", false)];

#[test]
fn a_host_boots_runs_containers_seals_keys_and_lets_a_laptop_in() {
    let Some(instance) = boot("a_host_boots_runs_containers_seals_keys_and_lets_a_laptop_in") else { return };
    assert_eq!(instance.failed_units(), [""; 0]);
    assert_eq!(instance.run(&["systemctl", "is-system-running"]), "running\n");
    assert_eq!(instance.run(&["cat", "/proc/1/comm"]), "systemd\n");

    // systemd seals for this machine, and opens what it has sealed.
    instance.shell("systemd-creds setup && echo sealed-value >/root/plain");
    let seal = "systemd-creds encrypt --with-key=host --name=x /root/plain /root/sealed && rm /root/plain";
    instance.shell(seal);
    assert_eq!(
        instance.run(&["systemd-creds", "decrypt", "--name=x", "/root/sealed", "-"]),
        "sealed-value\n"
    );

    // Its own engine runs containers, and starts those again that are to be started again.
    instance.copy(&Image::Busybox.tarball(), "/root/busybox.tar", 0o600);
    instance.shell("docker import /root/busybox.tar busybox && rm /root/busybox.tar");
    let storage = instance.run(&["docker", "info", "--format", "{{.Driver}}"]);
    assert_eq!(storage, "overlay2\n");
    instance.shell("docker run --detach --restart always --name steady busybox sleep 100000");

    // A laptop is let in with its key, and with nothing else.
    let laptop = Laptop::new(&instance);
    let said = laptop.run("id -un; hostname; printf '%s' \"$SSH_CONNECTION\" | wc -w").succeeded();
    assert_eq!(said.stdout, format!("{}\nbox\n4\n", USER.0));
    let refused = remo_testbed::run_within(
        std::time::Duration::from_mins(1),
        laptop.ssh(&["-T", "-o", "PubkeyAuthentication=no"]).arg("id"),
    );
    assert_eq!(refused.code(), Some(255), "{refused:?}");

    for (mark, _) in MARKS {
        instance.run(&["touch", mark]);
    }
    let first = instance.boot_id();
    instance.reboot();
    let second = instance.boot_id();
    assert_ne!(first, second);
    let shut_down = "journalctl --boot -1 --no-pager --grep 'Shutting down|systemd-halt' --quiet";
    assert!(!instance.shell(shut_down).is_empty(), "units were ended in their order");
    check_after_boot(&instance);
    instance.lose_power();
    assert_ne!(instance.boot_id(), second);
    check_after_boot(&instance);
    assert!(laptop.run("true").succeeded().status.success());
}

fn check_after_boot(instance: &remo_testbed::Instance) {
    for (mark, kept) in MARKS {
        let there = instance.try_run(&["test", "-e", mark]).status.success();
        assert_eq!(there, kept, "{mark}");
    }
    instance.run(&["touch", "/run/mark", "/tmp/mark"]);
    assert_eq!(instance.failed_units(), [""; 0]);
    let started =
        "timeout 60 sh -c 'until docker ps --format {{.Names}} | grep -qx steady; do sleep 0.2; done'";
    instance.shell(started);
    assert_eq!(
        instance.run(&["systemd-creds", "decrypt", "--name=x", "/root/sealed", "-"]),
        "sealed-value\n"
    );
}
