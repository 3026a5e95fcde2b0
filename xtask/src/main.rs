//! `cargo xtask`: every task of this repository as one command.
//!
//! The tasks only call tools (`cargo`, the programs of this workspace, `apt-get`) and judge their results, so
//! that this crate builds in seconds. What needs the product's own crates lives in a crate of its own:
//! `crates/bench` measures, `crates/reference` writes the generated files.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use workspace::Workspace;

mod bench;
mod cargo;
mod check;
mod console;
mod failure;
mod generate;
mod outcome;
mod static_helper;
mod test;
mod tool;
mod workspace;

/// Tasks of this repository. Run them as `cargo xtask TASK`.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Everything that can be judged without running the product, fastest first.
    Check(check::Arguments),
    /// Everything that CI runs: prepares the machine, then checks, tests and a short fuzz run.
    Test(test::Arguments),
    /// Measures the quality bars and prints them as one table.
    Bench(bench::Arguments),
    /// Writes the generated files: schemas, reference pages, man pages, completions.
    Gen(generate::Arguments),
}

fn main() -> ExitCode {
    let CommandLine { task } = CommandLine::parse();
    let result = Workspace::locate().and_then(|workspace| match task {
        Task::Check(arguments) => check::run(&workspace, &arguments),
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Bench(arguments) => bench::run(&workspace, arguments),
        Task::Gen(arguments) => generate::run(&workspace, &arguments),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::say(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}
