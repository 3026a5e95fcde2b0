//! `cargo deny`: which libraries may become part of the product (`deny.toml`).

use std::process::Command;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::tool::{self, Tool};
use crate::workspace::Workspace;
use crate::{cargo, console};

/// Pinned, so that its rules mean the same everywhere.
const CARGO_DENY: Tool = Tool { package: "cargo-deny", program: "cargo-deny", version: "0.20.2" };

/// What needs nothing but the sources of the libraries.
pub(super) fn rules(workspace: &Workspace) -> Result<Outcome, Failure> {
    let mut command = deny(workspace)?;
    cargo::run(command.args(["--log-level", "error", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

/// What needs the advisory database, which is a git repository on another host than the libraries.
pub(super) fn advisories(workspace: &Workspace) -> Result<Outcome, Failure> {
    let fetched = deny(workspace)?
        .args(["fetch", "db"])
        .output()
        .map_err(Failure::because("cannot start cargo-deny"))?;
    if !fetched.status.success() {
        let said = String::from_utf8_lossy(&fetched.stderr).into_owned();
        let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        return Ok(Outcome::Skipped(format!("the advisory database cannot be fetched: {}", reason.trim())));
    }
    console::say("the advisory database is up to date");
    cargo::run(deny(workspace)?.args(["check", "--disable-fetch", "advisories"]))?;
    Ok(Outcome::Passed)
}

fn deny(workspace: &Workspace) -> Result<Command, Failure> {
    let mut command = Command::new(tool::ensure(workspace, &CARGO_DENY)?);
    command.current_dir(workspace.root());
    Ok(command)
}
