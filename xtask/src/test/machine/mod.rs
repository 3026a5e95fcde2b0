//! What the tests need of the machine: Debian packages, and fnox.

use crate::failure::Failure;
use crate::fnox::{self, Found};
use crate::outcome::Outcome;
use crate::workspace::Workspace;
use crate::{cargo, console};

mod packages;

use packages::Needed;

/// Installs the Debian packages that are missing when this process may, and says what it did or what is missing.
pub(super) fn packages() -> Result<Outcome, Failure> {
    let missing: Vec<&Needed> = packages::NEEDED.iter().filter(|needed| !needed.is_there()).collect();
    if missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    let names: Vec<&str> = missing.iter().map(|needed| needed.package).collect();
    if !rustix::process::geteuid().is_root() || !packages::has_apt() {
        let reasons: Vec<String> =
            missing.iter().map(|needed| format!("{} for {}", needed.package, needed.by)).collect();
        console::say(&format!("hint: apt-get install {}", names.join(" ")));
        return Ok(Outcome::Skipped(format!(
            "missing, and only root of a Debian system can install it: {}",
            reasons.join("; ")
        )));
    }
    console::say(&format!("installing {}", names.join(", ")));
    let apt = || {
        let mut command = std::process::Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    cargo::run(apt().args(["update", "--quiet"]))?;
    cargo::run(apt().args(["install", "--quiet", "--yes", "--no-install-recommends"]).args(&names))?;
    match missing.iter().find(|needed| !needed.is_there()) {
        Some(needed) => Err(Failure::new(format!(
            "the package {} was installed, and what {} call is still not there",
            needed.package, needed.by
        ))),
        None => Ok(Outcome::Passed),
    }
}

/// Fetches fnox when it is not there in the version that the tests are written for.
pub(super) fn fnox(workspace: &Workspace) -> Result<Outcome, Failure> {
    Ok(match fnox::ensure(workspace)? {
        Found::At(program) => {
            console::say(&format!("the tests run {}", program.display()));
            Outcome::Passed
        }
        Found::Missing(reason) => Outcome::Skipped(reason),
    })
}
