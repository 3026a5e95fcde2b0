//! Writes the committed files that are made from code, or says which of them are out of date.
//!
//! They are committed so that a reader finds them without building anything, and so that a change of the
//! wire, of a command line or of a key shows in review as what it is.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use artifacts::Artifacts;

mod artifacts;
mod audit;
mod commands;
mod configuration;
mod manifest;
mod recipe;
mod schemas;

/// Writes the generated files: schemas, reference pages, man pages, completions.
#[derive(Debug, Parser)]
struct Arguments {
    /// The top directory of the repository.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,

    /// Write nothing; fail when a committed file is not what the code would write now.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the files are up to date by now.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut artifacts = Artifacts::default();
    schemas::add(&mut artifacts)?;
    configuration::add(&mut artifacts);
    manifest::add(&mut artifacts);
    audit::add(&mut artifacts)?;
    recipe::add(&mut artifacts)?;
    commands::add(&mut artifacts)?;
    if !arguments.check {
        artifacts.write(&arguments.root)?;
        return Ok(true);
    }
    let differences = artifacts.differences(&arguments.root)?;
    let mut stderr = std::io::stderr().lock();
    for difference in &differences {
        writeln!(stderr, "{difference}")?;
    }
    if !differences.is_empty() {
        writeln!(
            stderr,
            "error: {} generated files are out of date\nhint: cargo xtask gen",
            differences.len()
        )?;
    }
    Ok(differences.is_empty())
}
