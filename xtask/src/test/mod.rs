//! `cargo xtask test`: what the README and CI call.

use clap::Args;

use crate::check;
use crate::failure::Failure;
use crate::outcome::{Outcome, Steps};
use crate::workspace::Workspace;
use crate::{cargo, console, static_helper};

mod fuzz;
mod machine;
mod suite;

/// Arguments of `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs everything, to the end even when a part fails, and fails when a part failed.
pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let mut tests = suite::Counts::default();
    steps.run("programs that the tests call", machine::prepare);
    steps.run("build our programs", || {
        cargo::run(cargo::command(workspace.root()).args(["build", "--workspace", "--bins"]))
            .map(|()| Outcome::Passed)
    });
    steps.run("build the static helper", || static_helper::build(workspace).map(|_| Outcome::Passed));
    steps.extend(check::steps(workspace));
    steps.run("cargo test", || {
        tests = suite::run(workspace)?;
        tests.verdict()
    });
    steps.run("fuzzing, a short run", || fuzz::run(workspace));
    steps.run("try-out", || try_out(workspace));
    console::say(&format!("\n{}\n{}", tests.summary(), steps.summary()));
    steps.verdict()
}

/// Walks through the product once, as a reader of the README would.
fn try_out(workspace: &Workspace) -> Result<Outcome, Failure> {
    if !workspace.root().join("xtask/src/try_out").is_dir() {
        return Ok(Outcome::Skipped("this checkout has no try-out yet".to_owned()));
    }
    // Not this process's own file: an earlier step may have built it anew.
    cargo::run(cargo::command(workspace.root()).args(["xtask", "try", "--plain"])).map(|()| Outcome::Passed)
}
