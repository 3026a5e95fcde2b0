//! `cargo xtask test`: what the README and CI call.

use clap::Args;

use crate::check;
use crate::failure::Failure;
use crate::outcome::{Outcome, Steps};
use crate::workspace::Workspace;
use crate::{cargo, console, static_helper};

/// Arguments of `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs everything.
pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::default();
    steps.run("build the programs", || {
        cargo::run(cargo::command(workspace.root()).args(["build", "--workspace", "--bins"]))
            .map(|()| Outcome::Passed)
    });
    steps.run("build the static helper", || static_helper::build(workspace).map(|_| Outcome::Passed));
    steps.extend(check::steps(workspace));
    steps.run("cargo test", || {
        cargo::run(cargo::command(workspace.root()).args(["test", "--workspace"])).map(|()| Outcome::Passed)
    });
    steps.run("the try-out", || try_out(workspace));
    console::say(&format!("\n{}", steps.summary()));
    steps.verdict()
}

/// Walks through the product once, as a reader of the README would.
fn try_out(workspace: &Workspace) -> Result<Outcome, Failure> {
    if !workspace.root().join("xtask/src/try_out").is_dir() {
        return Ok(Outcome::Skipped("this checkout has no try-out yet".to_owned()));
    }
    let program = std::env::current_exe().map_err(Failure::because("cannot find this program"))?;
    cargo::run(std::process::Command::new(program).args(["try", "--plain"])).map(|()| Outcome::Passed)
}
