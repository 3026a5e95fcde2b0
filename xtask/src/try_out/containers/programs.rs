//! The programs of a try-out in containers, and everything that takes long to make.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{cargo, console};

/// Packages with a program of their own name, but for the launcher and the gate.
const PACKAGES: [&str; 6] =
    ["remo-broker", "remo-vault", "remo-fetch-secrets", "remo-host", "remo-gate", "remo-testbed"];

/// What is called by name in the story.
const PROGRAMS: [&str; 5] = ["remo-broker", "remo-vault", "remo", "remo-docker", "remo-testbed"];

/// What the vault's program does under other names.
const NAMES_OF_THE_VAULT: [&str; 4] =
    ["remo-list-creds", "remo-test-project", "remo-vend-status", "remo-reload"];

/// Where everything is.
#[derive(Debug)]
pub(super) struct Programs {
    /// The directory with the programs of this repository.
    pub(super) directory: PathBuf,
    /// The client of the engine.
    pub(super) docker: PathBuf,
    /// The dev container feature, as an OCI layout.
    pub(super) feature: PathBuf,
    /// The image of the project containers, by its name in the engine.
    pub(super) image: String,
    node: PathBuf,
    tooling: PathBuf,
}

impl Programs {
    /// Builds, installs and makes what is missing. Says so, because the first time takes minutes.
    pub(super) fn prepare(given: Option<&Path>) -> Result<Self, Failure> {
        let directory = match given {
            Some(directory) => std::path::absolute(directory)
                .map_err(Failure::because(format!("cannot use {}", directory.display())))?,
            None => build()?,
        };
        for program in PROGRAMS {
            if !directory.join(program).is_file() {
                return Err(Failure::new(format!("there is no {program} in {}", directory.display()))
                    .hint("cargo build --bins, then: cargo xtask try --containers --programs target/debug"));
            }
        }
        console::say(
            "looking for a container engine, the Dev Containers tooling, an image with git, gh and aws, and the \
             feature; what is missing is installed or made (the first time takes some minutes) …",
        );
        let facts = cargo::output(Command::new(directory.join("remo-testbed")).arg("prepare")).map_err(|_| {
            Failure::new("what containers need is not there, for the reason above").hint(
                "run it as root on Debian, which can install it; cargo xtask try, without --containers, needs none of it",
            )
        })?;
        let facts: Value = serde_json::from_str(&facts)
            .map_err(Failure::because("what remo-testbed prepare printed is not JSON"))?;
        let fact = |name: &str| {
            facts[name]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| Failure::new(format!("remo-testbed prepare does not tell {name}")))
        };
        Ok(Self {
            directory,
            docker: fact("docker")?.into(),
            feature: fact("feature")?.into(),
            image: fact("image")?,
            node: fact("node")?.into(),
            tooling: fact("tooling")?.into(),
        })
    }

    /// Puts what is called by name into `folder`, as it is installed: the gate beside the launcher, and the tooling.
    pub(super) fn install(&self, folder: &Path) -> Result<(), Failure> {
        let failed = |name: &str| {
            Failure::because::<std::io::Error>(format!("cannot make {name} in {}", folder.display()))
        };
        for name in PROGRAMS {
            // The launcher looks for the gate beside itself, wherever a link leads.
            if matches!(name, "remo" | "remo-docker") {
                fs::copy(self.directory.join(name), folder.join(name)).map_err(failed(name))?;
            } else {
                symlink(self.directory.join(name), folder.join(name)).map_err(failed(name))?;
            }
        }
        for name in NAMES_OF_THE_VAULT {
            symlink(self.directory.join("remo-vault"), folder.join(name)).map_err(failed(name))?;
        }
        symlink("remo-docker", folder.join("remo-docker-compose")).map_err(failed("remo-docker-compose"))?;
        let tooling = folder.join("devcontainer");
        let text = format!("#!/bin/sh\nexec {} {} \"$@\"\n", self.node.display(), self.tooling.display());
        fs::write(&tooling, text).map_err(failed("devcontainer"))?;
        fs::set_permissions(&tooling, fs::Permissions::from_mode(0o755)).map_err(failed("devcontainer"))
    }
}

fn build() -> Result<PathBuf, Failure> {
    let workspace = Workspace::locate()?;
    console::say("building broker, vault, launcher and gate (the first time takes a few minutes) …");
    let mut build = cargo::command(workspace.root());
    build.args(["build", "--bins"]);
    for package in PACKAGES {
        build.args(["--package", package]);
    }
    cargo::run(&mut build)?;
    Ok(workspace.target().join("debug"))
}
