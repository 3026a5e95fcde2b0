//! `cargo xtask gen`: the committed files that are made from code.

use clap::Args;

use crate::cargo;
use crate::failure::Failure;
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

/// Writes or compares the generated files.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    let mut command = cargo::command(workspace.root());
    command.args(["run", "--quiet", "--package", PACKAGE, "--", "--root"]).arg(workspace.root());
    if arguments.check {
        command.arg("--check");
    }
    cargo::run(&mut command)
}
