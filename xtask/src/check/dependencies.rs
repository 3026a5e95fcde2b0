//! How much code of others the broker holds.

use std::collections::BTreeSet;

use crate::cargo;
use crate::console;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::workspace::Workspace;

/// The quality bar: unique package names below the broker, itself included.
const MAXIMUM: usize = 90;

/// Fails when the broker has more dependencies than the bar allows.
pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    let count = of_the_broker(workspace)?.len();
    console::say(&format!("{count} packages, at most {MAXIMUM}"));
    if count <= MAXIMUM {
        Ok(Outcome::Passed)
    } else {
        Err(Failure::new(format!("the broker is built from {count} packages, {MAXIMUM} are allowed"))
            .hint("cargo tree -e normal -p remo-broker"))
    }
}

/// Names of all packages that the broker is built from, as the quality bar counts them.
pub(crate) fn of_the_broker(workspace: &Workspace) -> Result<BTreeSet<String>, Failure> {
    let tree = cargo::output(cargo::command(workspace.root()).args([
        "tree",
        "-e",
        "normal",
        "--prefix",
        "none",
        "--no-dedupe",
        "-p",
        "remo-broker",
    ]))?;
    Ok(tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}
