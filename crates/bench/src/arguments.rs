//! The command line of `remo-bench`, which `cargo xtask bench` passes on.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures the quality bars and prints them as one table.
///
/// `cargo xtask bench` builds what is measured and fills in the options under "Set by cargo xtask bench".
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench", after_help = EXAMPLES)]
pub struct Arguments {
    /// Short rounds and few of them: shows that everything runs, not how fast it is.
    #[arg(long)]
    pub quick: bool,

    /// Only this measure; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<Name>,

    /// Write the figures to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Exit 1 when a bar is missed. Without it only a measure that breaks is a failure.
    #[arg(long)]
    pub enforce: bool,

    /// Directory with remo-broker, remo-vault and remo-null-echo in the release profile.
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    pub programs: PathBuf,

    /// The static remo-fetch-secrets.
    #[arg(long, value_name = "FILE", help_heading = SET_BY_XTASK)]
    pub fetch_helper: PathBuf,

    /// Directory on an ordinary disk; the audit log of the measured broker goes there.
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    pub work_dir: PathBuf,

    /// How many packages the broker is built from.
    #[arg(long, value_name = "COUNT", help_heading = SET_BY_XTASK)]
    pub broker_dependencies: usize,

    /// The fnox program; without it the measure of that name is skipped.
    #[arg(long, value_name = "FILE", help_heading = SET_BY_XTASK)]
    pub fnox: Option<PathBuf>,
}

const SET_BY_XTASK: &str = "Set by cargo xtask bench";

const EXAMPLES: &str = "Examples:
  cargo xtask bench                      everything, about six minutes after the build
  cargo xtask bench --quick              does everything run?
  cargo xtask bench --only get --json get.json";

/// The measures, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Sizes of the shipped files, number of dependencies.
    Size,
    /// `get` on 1, 16 and 64 kept connections; audit lines; memory after the load.
    Get,
    /// Memory before and after 200,000 connections.
    Churn,
    /// Memory with 1,000 projects and 10,000 idle connections.
    Scale,
    /// Exec to ready, and memory of an idle broker.
    Start,
    /// Push of 10 secrets and of 1 MiB.
    Push,
    /// Start of a command under the helper, 10 secrets.
    Helper,
    /// A changed value in the store until it is served.
    Fresh,
    /// The same with `fnox set`, and what of it is fnox's own time.
    Fnox,
    /// A killed broker until all projects are served and the store is refilled.
    Recovery,
}

impl Arguments {
    /// The measures to run.
    pub fn names(&self) -> Vec<Name> {
        let wanted = |name: &Name| self.only.is_empty() || self.only.contains(name);
        Name::value_variants().iter().copied().filter(wanted).collect()
    }
}
