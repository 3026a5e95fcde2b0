//! Programs of others that tests call, out of Debian packages.

use std::env;
use std::process::Command;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::{cargo, console};

/// A program, where it comes from and what calls it.
struct Needed {
    program: &'static str,
    package: &'static str,
    by: &'static str,
}

/// Tests that miss one of these report themselves as skipped, by name.
const NEEDED: &[Needed] = &[Needed {
    program: "socat",
    package: "socat",
    by: "the tests that drive the protocol by hand with a client that is not ours",
}];

/// Installs what is missing when this process may, and says what it did or what is missing.
pub(super) fn prepare() -> Result<Outcome, Failure> {
    let missing: Vec<&Needed> = NEEDED.iter().filter(|needed| !on_path(needed.program)).collect();
    if missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    let packages: Vec<&str> = missing.iter().map(|needed| needed.package).collect();
    if !is_root()? || !on_path("apt-get") {
        let reasons: Vec<String> =
            missing.iter().map(|needed| format!("{} for {}", needed.program, needed.by)).collect();
        console::say(&format!("hint: apt-get install {}", packages.join(" ")));
        return Ok(Outcome::Skipped(format!(
            "missing, and only root can install it: {}",
            reasons.join("; ")
        )));
    }
    console::say(&format!("installing {}", packages.join(", ")));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    cargo::run(apt().args(["update", "--quiet"]))?;
    cargo::run(apt().args(["install", "--quiet", "--yes", "--no-install-recommends"]).args(&packages))?;
    Ok(Outcome::Passed)
}

fn on_path(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|directory| directory.join(program).is_file())
}

/// The owner of a process's own directory in `/proc` is the user it runs as.
fn is_root() -> Result<bool, Failure> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self")
        .map(|metadata| metadata.uid() == 0)
        .map_err(Failure::because("cannot look at /proc/self"))
}
