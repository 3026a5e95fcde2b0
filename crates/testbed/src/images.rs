//! Base images, made here because no registry is needed for them, and kept as tarballs below `.cache/images`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::bootstrap::progress;
use crate::command::run_within;
use crate::{cache, instance, programs};

/// How long making an image may take.
const LIMIT: Duration = Duration::from_mins(15);

/// A base image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// Debian with bash, zsh and fish, and the users of [`USERS`].
    Debian,
    /// The same with the tools that ask for credentials, git, gh and aws, which brings Python, and with socat.
    Tools,
    /// Debian with every package that the vault's image is made of, so that building that needs no network.
    Vault,
    /// A POSIX shell and nothing else that is not busybox; its only user is root.
    Busybox,
    /// A whole instance that boots systemd; see [`crate::Instance`].
    Instance,
}

/// Users of the Debian image: name, number, login shell.
pub const USERS: [(&str, u32, &str); 4] = [
    ("dev", 1000, "/bin/bash"),
    ("zed", 1002, "/usr/bin/zsh"),
    ("fin", 1003, "/usr/bin/fish"),
    ("pat", 1004, "/bin/sh"),
];

/// Further packages of the image with tools. The last one is there because debootstrap does not find what is needed
/// under another name than its own, here by python3-cryptography.
const TOOLS: [&str; 5] = ["git", "gh", "awscli", "socat", "python3-cffi-backend"];

/// What of a Debian is of no use in a container of a test.
const NOT_NEEDED: [&str; 5] =
    ["usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt"];

impl Image {
    /// Its name in an engine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian => "remo-testbed/debian:3",
            Self::Tools => "remo-testbed/tools:1",
            Self::Vault => "remo-testbed/vault-base:1",
            Self::Busybox => "remo-testbed/busybox:3",
            Self::Instance => "remo-testbed/instance:2",
        }
    }

    /// Its tarball, made when need be.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn tarball(self) -> PathBuf {
        let name = self.name().rsplit('/').next().unwrap_or_default().replace(':', "-");
        let target = cache::folder("images").join(format!("{name}.tar"));
        cache::once(&target, |new| {
            let tree = tempfile::tempdir_in(cache::folder("images")).expect("a folder for an image");
            // What others cannot enter, nobody but root could use as `/`.
            fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755))
                .expect("the mode of a folder");
            match self {
                Self::Debian => debian(tree.path(), &[]),
                Self::Tools => debian(tree.path(), &TOOLS),
                Self::Vault => debian(tree.path(), &packages_of_the_vault()),
                Self::Busybox => busybox(tree.path()),
                Self::Instance => instance::make_image(tree.path()),
            }
            let mut tar = Command::new(programs::expect("tar"));
            tar.arg("--numeric-owner").arg("-C").arg(tree.path()).arg("-cf").arg(new).arg(".");
            let _ = run_within(LIMIT, &mut tar).succeeded();
        });
        target
    }
}

/// The list that the vault's image has.
fn packages_of_the_vault() -> Vec<&'static str> {
    let list = include_str!("../../../images/vault/packages");
    let names = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    // debootstrap does not find what is needed under another name than its own, here by python3-cryptography.
    names.chain(["python3-cffi-backend"]).collect()
}

/// Debian 12 with these packages.
pub(crate) fn debootstrap(tree: &Path, packages: &[&str]) {
    let mut debootstrap = Command::new(programs::expect("debootstrap"));
    debootstrap
        .args(["--variant=minbase", &format!("--include={}", packages.join(",")), "bookworm"])
        .arg(tree);
    let _ = run_within(LIMIT, &mut debootstrap).succeeded();
}

/// Runs a program of a tree in it.
pub(crate) fn run_in(tree: &Path, command: &[&str]) {
    let mut chroot = Command::new(programs::expect("chroot"));
    chroot.arg(tree).args(command);
    let _ = run_within(LIMIT, &mut chroot).succeeded();
}

/// Empties the folders that no test looks into.
pub(crate) fn slim(tree: &Path) {
    for folder in NOT_NEEDED {
        let _ = fs::remove_dir_all(tree.join(folder));
        fs::create_dir_all(tree.join(folder)).expect("an empty folder in the image");
    }
}

/// Debian with `further` packages.
fn debian(tree: &Path, further: &[&str]) {
    progress("making a Debian image, once; takes a minute or two");
    debootstrap(tree, &[&["ca-certificates", "zsh", "fish"], further].concat());
    for (name, number, shell) in USERS {
        let number = number.to_string();
        run_in(tree, &["/usr/sbin/useradd", "--create-home", "--uid", &number, "--shell", shell, name]);
    }
    // Without a start-up file of its own, zsh asks the person who starts it for one.
    fs::write(tree.join("home/zed/.zshrc"), "").expect("a file for zsh");
    slim(tree);
}

fn busybox(tree: &Path) {
    let program = programs::expect("busybox");
    for folder in ["bin", "etc", "tmp", "root", "proc", "dev"] {
        fs::create_dir(tree.join(folder)).expect("a folder of the image");
    }
    fs::set_permissions(tree.join("tmp"), fs::Permissions::from_mode(0o1777)).expect("the mode of /tmp");
    fs::copy(&program, tree.join("bin/busybox")).expect("the only program of the image");
    let applets = run_within(LIMIT, Command::new(&program).arg("--list")).succeeded().stdout;
    for applet in applets.lines().filter(|applet| *applet != "busybox") {
        symlink("busybox", tree.join("bin").join(applet)).expect("a name of the only program");
    }
    fs::write(tree.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("the file of users");
    fs::write(tree.join("etc/group"), "root:x:0:\n").expect("the file of groups");
}
