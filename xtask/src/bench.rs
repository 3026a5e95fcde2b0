//! `cargo xtask bench`: builds what is measured, then hands over to `crates/bench`.

use std::ffi::OsString;

use clap::Args;

use crate::check::dependencies;
use crate::failure::Failure;
use crate::fnox::{self, Found};
use crate::workspace::Workspace;
use crate::{cargo, console, static_helper};

/// Arguments of `cargo xtask bench`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Passed on to the measuring program; `cargo xtask bench --help` shows what it knows.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Builds in the release profile and measures.
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Result<(), Failure> {
    if arguments.rest.iter().any(|argument| argument == "--help" || argument == "-h") {
        // Without the minutes that the release profile takes.
        let mut help = cargo::command(workspace.root());
        return cargo::run(help.args([
            "run",
            "--quiet",
            "--package",
            "remo-bench",
            "--bin",
            "remo-bench",
            "--",
            "--help",
        ]));
    }
    let mut build = cargo::command(workspace.root());
    build.args(["build", "--release", "--bins"]);
    for package in ["remo-broker", "remo-vault", "remo-bench"] {
        build.args(["--package", package]);
    }
    cargo::run(&mut build)?;
    let helper = static_helper::build(workspace)?;
    let dependencies = dependencies::of_the_broker(workspace)?.len();

    let mut bench = std::process::Command::new(workspace.release_program("remo-bench"));
    bench.arg("--programs").arg(workspace.target().join("release"));
    bench.arg("--fetch-helper").arg(helper);
    bench.arg("--work-dir").arg(workspace.target().join("bench"));
    bench.arg("--broker-dependencies").arg(dependencies.to_string());
    match fnox::ensure(workspace)? {
        Found::At(program) => {
            bench.arg("--fnox").arg(program);
        }
        Found::Missing(reason) => console::say(&reason),
    }
    bench.args(arguments.rest);
    cargo::run(&mut bench)
}
