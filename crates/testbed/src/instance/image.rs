//! The image of an instance: Debian with all that the product's packages depend on, so that they install without a
//! network, and nothing of the product.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::bootstrap::{self, progress};
use crate::images::{debootstrap, run_in, slim};

/// The person on the instance, with the number that Debian gives to the first one.
pub const USER: (&str, u32) = ("dev", 1000);

/// What a person would have installed beforehand: a host with Docker, the runtime of the Dev Containers CLI, ssh, and
/// what systemd loads to talk to a TPM2. `faketime` shows one program another time: the clock is everybody's.
const PACKAGES: [&str; 31] = [
    "adduser",
    "ca-certificates",
    "dbus",
    "dbus-user-session",
    "docker-compose",
    "docker.io",
    "faketime",
    "git",
    "iproute2",
    "iptables",
    "kmod",
    "libpam-systemd",
    "libtss2-esys-3.0.2-0",
    "libtss2-mu0",
    "libtss2-rc0",
    "libtss2-tcti-device0",
    "libtss2-tcti-swtpm0",
    "libudev1",
    "nftables",
    "nodejs",
    "openssh-client",
    "openssh-server",
    "procps",
    "python3-minimal",
    "socat",
    "strace",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tmux",
    "util-linux",
];

/// The Dev Containers CLI, as npm would put it on the path.
const CLI: &str = "#!/bin/sh\nexec /usr/bin/node /usr/local/lib/devcontainers-cli/devcontainer.js \"$@\"\n";

/// Keeps the journal over a reboot, so that a test can say what happened in the boot before.
const JOURNAL: &str = "var/log/journal";

/// What each machine has for itself, and makes at its first boot.
const OF_ONE_MACHINE: [&str; 2] = ["etc/machine-id", "var/lib/dbus/machine-id"];

/// Makes it.
pub(crate) fn make_image(tree: &Path) {
    progress("making the image of an instance, once; takes two or three minutes");
    debootstrap(tree, &PACKAGES);
    let (name, number) = USER;
    let number = number.to_string();
    let user = ["/usr/sbin/useradd", "--create-home", "--uid", &number, "--shell", "/bin/bash"];
    run_in(tree, &[&user[..], &["--groups", "docker", name]].concat());
    let home = tree.join("home").join(name);
    fs::set_permissions(&home, Permissions::from_mode(0o700)).expect("the mode of the home");
    let cli = bootstrap::tooling();
    let target = tree.join("usr/local/lib/devcontainers-cli");
    copy_folder(cli.parent().expect("the folder of the tooling"), &target);
    let program = tree.join("usr/local/bin/devcontainer");
    fs::write(&program, CLI).expect("the CLI on the path");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("the mode of the CLI");
    fs::create_dir_all(tree.join(JOURNAL)).expect("a folder for the journal");
    for file in OF_ONE_MACHINE {
        let _ = fs::remove_file(tree.join(file));
    }
    // Empty, not missing: systemd fills it in, and does not ask questions as at the first start of a new system.
    fs::write(tree.join(OF_ONE_MACHINE[0]), "").expect("an empty machine id");
    slim(tree);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the image");
    for entry in fs::read_dir(from).expect("a folder of the tooling").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file of the tooling");
        }
    }
}
