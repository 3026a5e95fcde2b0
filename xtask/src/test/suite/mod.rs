//! All tests of the workspace: built once, then run several programs at a time.
//!
//! `cargo test` runs one program after the other, and most tests wait for something most of the time.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{cargo, console};

mod counts;
mod interruption;
mod program;
mod running;

pub(super) use counts::Counts;
use interruption::Interruption;
use program::TestProgram;
use running::{End, Job, Machine, Outcome, Report};

/// How many programs run at a time for each core. Each runs as many tests at a time as there are cores.
const PROGRAMS_PER_CORE: usize = 2;

/// How long one program may take. The longest takes minutes on two busy cores.
const LIMIT: Duration = Duration::from_mins(30);

/// The test programs of the workspace.
#[derive(Debug)]
pub(super) struct Suite {
    programs: Vec<TestProgram>,
}

/// Builds everything, test programs too, and learns from Cargo what they are.
pub(super) fn build(workspace: &Workspace) -> Result<Suite, Failure> {
    let mut build = cargo::command(workspace.root());
    build.args(["build", "--workspace", "--all-targets", "--message-format", "json-render-diagnostics"]);
    let mut programs = Vec::new();
    for line in cargo::output(&mut build)?.lines() {
        let message: Value =
            serde_json::from_str(line).map_err(Failure::because("cannot read a message of cargo build"))?;
        programs.extend(TestProgram::of_message(&message));
    }
    if programs.is_empty() {
        return Err(Failure::new("cargo build names no test program"));
    }
    programs.sort_by_key(TestProgram::rank);
    Ok(Suite { programs })
}

impl Suite {
    /// Runs the programs whose name contains one of `words`; without words, all of them and the examples in the
    /// documentation.
    pub(super) fn run(self, workspace: &Workspace, words: &[String]) -> Result<Counts, Failure> {
        let logs = logs(workspace)?;
        let names: Vec<String> = self.programs.iter().map(|program| program.name.clone()).collect();
        let chosen = self.programs.into_iter().filter(|program| program.is_chosen(words));
        let (alone, beside): (Vec<_>, Vec<_>) = chosen.partition(TestProgram::runs_alone);
        if alone.is_empty() && beside.is_empty() {
            return Err(Failure::new("no test program has such a name")
                .hint(format!("these are there:\n  {}", names.join("\n  "))));
        }
        let mut one_by_one = jobs(&alone);
        if words.is_empty() {
            one_by_one.push(examples(workspace));
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let interruption = Interruption::watch()?;
        let mut counts = Counts::default();
        for (slots, jobs) in [(cores * PROGRAMS_PER_CORE, jobs(&beside)), (1, one_by_one)] {
            let outcome = Machine { slots, limit: LIMIT, logs: &logs, interruption: &interruption }.run(
                jobs,
                |report| {
                    show(report);
                    counts.add(report);
                },
            )?;
            if outcome == Outcome::Interrupted {
                console::say("\ninterrupted; the test programs were ended");
                interruption.end()?;
                break;
            }
        }
        Ok(counts)
    }
}

fn jobs(programs: &[TestProgram]) -> Vec<Job> {
    programs.iter().map(|program| Job { name: program.name.clone(), command: program.command() }).collect()
}

/// The examples in the documentation, which only Cargo can build and run.
fn examples(workspace: &Workspace) -> Job {
    let mut command = cargo::command(workspace.root());
    command.args(["test", "--workspace", "--doc", "--no-fail-fast"]);
    Job { name: "examples in the documentation".to_owned(), command }
}

/// A directory for what the programs say.
fn logs(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let logs = workspace.target().join("test-output");
    fs::create_dir_all(&logs).map_err(Failure::because(format!("cannot make {}", logs.display())))?;
    Ok(logs)
}

/// Prints all that a program said.
fn show(report: &Report) {
    let how = match report.end {
        End::Exited(status) if status.success() => String::new(),
        End::Exited(status) => format!(", FAILED: {status}"),
        End::TooLate(limit) => format!(", KILLED after {} minutes", limit.as_secs() / 60),
    };
    console::pass_on(&format!("\n-- {} ({:.1} s{how})", report.name, report.took.as_secs_f64()));
    for said in [&report.output, &report.errors] {
        for line in said.lines().filter(|line| !line.is_empty()) {
            console::pass_on(line);
        }
    }
}
