//! One module for each measure. Each makes its own servers, so that any of them runs alone.

use std::path::PathBuf;
use std::time::Duration;

use crate::arguments::{Arguments, Name};
use crate::failure::Failure;
use crate::instance::Programs;
use crate::report::Report;

mod churn;
mod fnox;
mod fresh;
mod get;
mod helper;
mod push;
mod recovery;
mod scale;
mod size;
mod start;
mod vault;

/// What every measure knows.
#[derive(Debug)]
pub struct Bench {
    programs: Programs,
    work_dir: PathBuf,
    quick: bool,
    broker_dependencies: usize,
    fnox: Option<PathBuf>,
    path: std::ffi::OsString,
}

impl Bench {
    /// Takes the command line and the caller's `PATH`, which is where `redis-server` is looked for.
    pub fn new(arguments: &Arguments, path: std::ffi::OsString) -> Self {
        let program = |name| arguments.programs.join(name);
        Self {
            programs: Programs {
                broker: program("remo-broker"),
                vault: program("remo-vault"),
                helper: arguments.fetch_helper.clone(),
                null_echo: program("remo-null-echo"),
            },
            work_dir: arguments.work_dir.clone(),
            quick: arguments.quick,
            broker_dependencies: arguments.broker_dependencies,
            fnox: arguments.fnox.clone(),
            path,
        }
    }

    /// Runs one measure.
    pub fn run(&self, name: Name) -> Result<Report, Failure> {
        match name {
            Name::Size => size::measure(self),
            Name::Get => get::measure(self),
            Name::Churn => churn::measure(self),
            Name::Scale => scale::measure(self),
            Name::Start => start::measure(self),
            Name::Push => push::measure(self),
            Name::Helper => helper::measure(self),
            Name::Fresh => fresh::measure(self),
            Name::Fnox => fnox::measure(self),
            Name::Recovery => recovery::measure(self),
        }
    }

    /// `full` rounds, or a few when only a quick look is wanted.
    fn rounds(&self, full: usize) -> usize {
        if self.quick { full.min(3) } else { full }
    }
}

/// A duration as a figure in nanoseconds.
fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// The median of figures that a measure made sure to have.
fn median(figures: &[f64]) -> Result<f64, Failure> {
    crate::statistics::median(figures).ok_or_else(|| Failure::new("no round was run"))
}

/// A made-up value as long as a token of a code host.
fn token(seed: usize) -> String {
    format!("bench_{seed:034}")
}
