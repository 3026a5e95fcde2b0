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
pub(crate) struct Arguments {
    /// Only the test programs whose "package target" contains one of these words, and no other step
    ///
    /// For instance `vault`, or `"remo-broker black_box"`.
    #[arg(value_name = "WORD")]
    words: Vec<String>,

    /// Only the tests on a whole instance: a container that boots systemd, with an engine of its own
    ///
    /// The same as `cargo xtask test remo-instance`, with the packages that they call and fnox seen to before.
    #[arg(long, conflicts_with = "words")]
    instance: bool,
}

/// The package of the tests on a whole instance.
const INSTANCE: &str = "remo-instance";

/// Runs everything, to the end even when a part fails, and fails when a part failed.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let words = if arguments.instance { vec![INSTANCE.to_owned()] } else { arguments.words.clone() };
    let everything = words.is_empty();
    if everything || arguments.instance {
        steps.run("Debian packages that the tests call", machine::packages);
        steps.run("fnox, which the tests call", || machine::fnox(workspace));
    }
    let mut suite = None;
    steps.run("build everything", || {
        suite = Some(suite::build(workspace)?);
        Ok(Outcome::Passed)
    });
    if everything {
        steps.run("build the static helper", || static_helper::build(workspace).map(|_| Outcome::Passed));
        steps.extend(check::steps(workspace));
    }
    let mut tests = suite::Counts::default();
    if let Some(suite) = suite {
        steps.run("tests", || {
            tests = suite.run(workspace, &words)?;
            tests.verdict()
        });
    }
    if everything {
        steps.run("fuzzing, a short run", || fuzz::run(workspace));
        steps.run("try-out", || try_out(workspace));
    }
    console::say(&format!("\n{}\n{}", tests.summary(), steps.summary()));
    steps.verdict()
}

/// Walks through the product once, as a reader of the README would.
fn try_out(workspace: &Workspace) -> Result<Outcome, Failure> {
    // Not this process's own file: an earlier step may have built it anew.
    cargo::run(cargo::command(workspace.root()).args(["xtask", "try", "--plain"])).map(|()| Outcome::Passed)
}
