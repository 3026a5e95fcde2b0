//! The programs that a try-out runs.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::fnox::{self, Found};
use crate::workspace::Workspace;
use crate::{cargo, console};

/// Packages and programs, by their one name each.
const PROGRAMS: [&str; 3] = ["remo-broker", "remo-vault", "remo-fetch-secrets"];

/// What the vault's program does under other names.
const NAMES_OF_THE_VAULT: [&str; 5] =
    ["remo-list-creds", "remo-test-project", "remo-vend-status", "remo-reload", "remo-login"];

/// Where they are.
#[derive(Debug)]
pub(super) struct Programs {
    /// The directory with all of ours.
    pub(super) directory: PathBuf,
    /// The real fnox, where the store is fnox's.
    pub(super) fnox: Option<PathBuf>,
}

impl Programs {
    /// Gives the vault's program its further names in `folder`, but for those that are installed.
    pub(super) fn link(&self, folder: &Path) -> Result<(), Failure> {
        for name in NAMES_OF_THE_VAULT {
            let installed = self.directory.join(name);
            let program = if installed.is_file() { installed } else { self.directory.join("remo-vault") };
            symlink(program, folder.join(name)).map_err(Failure::because(format!(
                "cannot make {} in {}",
                name,
                folder.display()
            )))?;
        }
        Ok(())
    }
}

/// The real fnox; fetched when it is not there.
pub(super) fn fnox() -> Result<PathBuf, Failure> {
    match fnox::ensure(&Workspace::locate()?)? {
        Found::At(program) => Ok(program),
        Found::Missing(reason) => {
            Err(Failure::new(reason).hint("cargo xtask try, without --fnox, needs none"))
        }
    }
}

/// The directory that holds all three: the one given, or the development build of this repository, made now.
pub(super) fn locate(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let directory = match given {
        Some(directory) => std::path::absolute(directory)
            .map_err(Failure::because(format!("cannot use {}", directory.display())))?,
        None => build()?,
    };
    for program in PROGRAMS {
        if !directory.join(program).is_file() {
            return Err(Failure::new(format!("there is no {program} in {}", directory.display()))
                .hint("cargo build --bins, then: cargo xtask try --programs target/debug"));
        }
    }
    Ok(directory)
}

fn build() -> Result<PathBuf, Failure> {
    let workspace = Workspace::locate()?;
    console::say("building the broker, the vault and the helper (the first time takes a few minutes) …");
    let mut build = cargo::command(workspace.root());
    build.args(["build", "--bins"]);
    for package in PROGRAMS {
        build.args(["--package", package]);
    }
    cargo::run(&mut build)?;
    Ok(workspace.target().join("debug"))
}
