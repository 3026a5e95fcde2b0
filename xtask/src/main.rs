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
mod fnox;
mod generate;
mod outcome;
mod package;
mod static_helper;
mod test;
mod tool;
mod try_out;
mod workspace;

/// Tasks of this repository. Run them as `cargo xtask TASK`.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true, max_term_width = 100)]
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
    /// A tour of the product with its real programs: the path of a secret, in a private directory.
    #[command(long_about = try_out::ABOUT)]
    Try(try_out::Arguments),
    /// Measures the quality bars and prints them as one table.
    Bench(bench::Arguments),
    /// Makes what is shipped: the dev container feature.
    Package(package::Arguments),
    /// Writes the generated files: schemas, reference pages, man pages, completions.
    Gen(generate::Arguments),
}

fn main() -> ExitCode {
    let CommandLine { task } = CommandLine::parse();
    let workspace = Workspace::locate;
    let result = match task {
        Task::Check(arguments) => workspace().and_then(|workspace| check::run(&workspace, &arguments)),
        Task::Test(arguments) => workspace().and_then(|workspace| test::run(&workspace, &arguments)),
        // It has exit statuses of its own, and with programs that are built already it needs no Cargo.
        Task::Try(arguments) => return try_out::run(&arguments),
        Task::Bench(arguments) => workspace().and_then(|workspace| bench::run(&workspace, arguments)),
        Task::Package(arguments) => workspace().and_then(|workspace| package::run(&workspace, &arguments)),
        Task::Gen(arguments) => workspace().and_then(|workspace| generate::run(&workspace, &arguments)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::say(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}
