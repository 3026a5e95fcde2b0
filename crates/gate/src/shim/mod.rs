//! `remo-docker`: reads the command line, asks the host and the engine, refuses or hands over.
//!
//! Also `remo-docker-compose`, by its name, for `--docker-compose-path`.

mod compose;
mod copies;
mod engine;
mod host;
mod leftovers;
mod run;
mod snapshot;
mod surroundings;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::approvals::{Store, digest};
use crate::core::finding::{Finding, Verdict, printable};
use surroundings::Surroundings;

/// What Docker exits with when it does not get to run a command; the CLI shows it with the message.
const REFUSED: u8 = 125;

/// Why the gate does not hand over.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Findings that stand in the way of this project.
    Findings(Verdict, String),
    /// A problem, in a sentence, and what to do.
    Problem(String, Option<String>),
}

impl Stop {
    fn problem(problem: impl Into<String>) -> Self {
        Self::Problem(problem.into(), None)
    }
}

impl From<crate::core::flags::Unreadable> for Stop {
    fn from(error: crate::core::flags::Unreadable) -> Self {
        Self::Problem(error.to_string(), Some("the gate passes on what it knows; leave it out".to_owned()))
    }
}

impl From<crate::approvals::StoreError> for Stop {
    fn from(error: crate::approvals::StoreError) -> Self {
        Self::problem(error.to_string())
    }
}

/// Runs the gate with the arguments and the environment of the process. Returns only when it refuses: otherwise
/// the process has become the real command.
pub fn run(arguments: Vec<OsString>, environment: Vec<(OsString, OsString)>) -> ExitCode {
    let stop = match begin(arguments, environment) {
        Ok(code) => return code,
        Err(stop) => stop,
    };
    let mut out = io::stderr().lock();
    // Nobody to tell when even this fails.
    let _ = write!(out, "{}", message(&stop));
    ExitCode::from(REFUSED)
}

fn begin(arguments: Vec<OsString>, environment: Vec<(OsString, OsString)>) -> Result<ExitCode, Stop> {
    let mut words = arguments
        .into_iter()
        .map(|word| word.into_string().map_err(|_| Stop::problem("an argument is not UTF-8")));
    let program = words.next().transpose()?.unwrap_or_default();
    let words: Vec<String> = words.collect::<Result<_, _>>()?;
    let is_compose = program.rsplit('/').next().is_some_and(|name| name.ends_with("compose"));
    let surroundings = Surroundings::read(environment)?;
    if is_compose {
        compose::run(&words, &surroundings, compose::Program::Standalone)
    } else {
        run::run(&words, &surroundings)
    }
}

fn message(stop: &Stop) -> String {
    let mut lines = String::new();
    let mut line = |text: &str| {
        lines.push_str("remo-docker: ");
        lines.push_str(text);
        lines.push('\n');
    };
    match stop {
        Stop::Findings(verdict, _) => {
            for finding in &verdict.findings {
                line(&finding.to_string());
            }
        }
        Stop::Problem(problem, _) => line(&format!("refused: {}", printable(problem))),
    }
    let hint = match stop {
        Stop::Findings(verdict, project) => {
            let never = verdict.findings.iter().any(|finding| matches!(finding, Finding::Never { .. }));
            if never {
                "take out of the configuration what is refused; no approval changes it".to_owned()
            } else {
                format!("remo trust {project}")
            }
        }
        Stop::Problem(_, Some(hint)) => hint.clone(),
        Stop::Problem(_, None) => {
            "what the gate reads and refuses stands in docs/guides/launch-gate.md".to_owned()
        }
    };
    lines.push_str("hint: ");
    lines.push_str(&hint);
    lines.push('\n');
    lines
}

/// Holds a verdict against what is approved; records what is missing.
fn settle(verdict: &Verdict, surroundings: &Surroundings) -> Result<(), Stop> {
    if verdict.is_clear() {
        return Ok(());
    }
    let project = surroundings.project()?;
    let store = Store::open(&surroundings.state_directory)?;
    let approved = approved(&store, &project.name)?;
    let left = verdict.against(|grant| approved.contains(&digest(&grant.text)));
    if left.is_clear() {
        return Ok(());
    }
    store.record_wanted(&project.name, left.grants())?;
    Err(Stop::Findings(left, project.name))
}

/// The digests of everything that is approved for a project.
fn approved(store: &Store, project: &str) -> Result<BTreeSet<String>, Stop> {
    Ok(store.pinned(project)?.into_iter().map(|pin| pin.sha256).collect())
}
