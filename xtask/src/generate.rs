//! `cargo xtask gen`: the committed files that are made from code.

use std::path::Path;

use clap::Args;

use crate::cargo;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::workspace::Workspace;

/// Arguments of `cargo xtask gen`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail when a committed file is not what the code would write now.
    #[arg(long)]
    check: bool,
}

/// The package that knows how to make them. It builds against every crate of the product.
const PACKAGE: &str = "remo-reference";

/// Where generated files are, relative to the top directory. Everything below is generated.
const GENERATED: &[&str] = &["schema", "docs/reference", "completions"];

/// Whether a file, relative to the top directory, is made from code.
pub(crate) fn is_generated(file: &Path) -> bool {
    GENERATED.iter().any(|directory| file.starts_with(directory))
}

/// Writes or compares the generated files.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    let mut command = cargo::command(workspace.root());
    command.args(["run", "--quiet", "--package", PACKAGE, "--", "--root"]).arg(workspace.root());
    if arguments.check {
        command.arg("--check");
    }
    cargo::run(&mut command)
}

/// Compares, as a step of `cargo xtask check`.
pub(crate) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    run(workspace, &Arguments { check: true })?;
    Ok(Outcome::Passed)
}
