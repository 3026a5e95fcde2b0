//! Installing what the engine and the tooling need.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::command::run_within;
use crate::{cache, programs};

/// Programs, and the Debian packages that they come from.
const NEEDED: [(&str, &str); 13] = [
    ("dockerd", "docker.io"),
    ("docker", "docker.io"),
    ("iptables", "iptables"),
    ("nft", "nftables"),
    ("docker-compose", "docker-compose"),
    ("docker-registry", "docker-registry"),
    ("debootstrap", "debootstrap"),
    ("busybox", "busybox-static"),
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("ssh", "openssh-client"),
    ("npm", "npm"),
];

/// The version of the tooling, from the name of its folder to the lock file beside it.
const TOOLING: &str = "devcontainer";

/// The pinned version with the digest of its content.
const TOOLING_FILES: [(&str, &str); 2] = [
    ("package.json", include_str!("../devcontainer-cli/package.json")),
    ("package-lock.json", include_str!("../devcontainer-cli/package-lock.json")),
];

/// How long an installation may take.
const LIMIT: Duration = Duration::from_mins(10);

static READY: OnceLock<Result<(), String>> = OnceLock::new();

/// Installs what is missing, once a process.
///
/// # Errors
/// The reason to skip a test for, when this process may not install it.
///
/// # Panics
/// When an installation fails.
pub fn ready() -> Result<(), String> {
    READY.get_or_init(install).clone()
}

fn install() -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root may start a container engine".to_owned());
    }
    let missing = || -> Vec<&str> {
        let mut packages: Vec<&str> = NEEDED
            .iter()
            .filter(|(program, _)| programs::find(program).is_none())
            .map(|(_, package)| *package)
            .collect();
        packages.dedup();
        packages
    };
    if missing().is_empty() {
        return Ok(());
    }
    let Some(apt) = programs::find("apt-get") else {
        return Err(format!("missing, and there is no apt-get to install it: {}", missing().join(", ")));
    };
    let _lock = cache::lock("packages");
    let packages = missing();
    if !packages.is_empty() {
        progress(&format!("installing {}; takes half a minute", packages.join(", ")));
        let apt = || {
            let mut command = Command::new(&apt);
            command.env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        let _ = run_within(LIMIT, apt().args(["update", "--quiet"])).succeeded();
        let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
        let _ = run_within(LIMIT, apt().args(install).args(&packages)).succeeded();
    }
    Ok(())
}

/// The tooling's program, installed below `.cache/tools` when need be.
///
/// # Panics
/// When it cannot be installed, or its content is not the pinned one.
pub fn tooling() -> PathBuf {
    let folder = cache::folder("tools").join(TOOLING);
    let pinned = || {
        TOOLING_FILES
            .iter()
            .all(|(name, text)| fs::read_to_string(folder.join(name)).is_ok_and(|found| found == *text))
    };
    // Looked at under the lock: what another test program installs meanwhile stays.
    let _lock = cache::lock("tooling-version");
    if !pinned() {
        // Another version; what runs from it has its files open.
        let _ = fs::remove_dir_all(&folder);
    }
    cache::once(&folder, |new| {
        progress("installing the Dev Containers tooling");
        fs::create_dir(new).expect("a folder for the tooling");
        for (name, text) in TOOLING_FILES {
            fs::write(new.join(name), text).expect("a file for the tooling's installation");
        }
        // `ci` takes exactly what the lock file says, and compares the digest.
        let mut npm = Command::new(programs::expect("npm"));
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(new);
        let _ = run_within(LIMIT, &mut npm).succeeded();
    });
    folder.join("node_modules/@devcontainers/cli/devcontainer.js")
}

/// Says what takes longer than a moment, past the harness's capture.
pub fn progress(what: &str) {
    // Nobody to tell when even this fails.
    let _ = writeln!(std::io::stderr(), "test bed: {what}");
}

/// Node, which runs the tooling.
///
/// # Panics
/// When it is not installed.
pub fn node() -> PathBuf {
    programs::expect("node")
}

/// `docker`, the client.
///
/// # Panics
/// When it is not installed.
pub fn docker() -> PathBuf {
    programs::expect("docker")
}
