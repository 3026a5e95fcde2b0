//! The commands.

use std::io::{IsTerminal as _, stdout};

use crate::cli::{Cli, Command};
use crate::credential;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::report;
use crate::settings::{Environment, Settings};

mod check;
mod ensure;
mod env;
mod exec;
mod hook;
mod keep;
mod run;
mod shell;
mod signals;
mod start;
mod wait;
mod watch;

/// Does what the command line says.
pub(crate) fn dispatch(cli: Cli, environment: Environment) -> Result<ExitStatus, Failure> {
    let settings = Settings::new(cli.options, environment)?;
    match cli.command {
        None => run::run(&settings),
        Some(Command::Exec { command }) => exec::run(&settings, &command),
        Some(Command::Env { shell, reveal }) => env::run(&settings, shell, reveal),
        Some(Command::Check { json }) => check::run(&settings, json),
        Some(Command::Start { user, watch }) => start::run(settings, user.as_deref(), watch),
        Some(Command::Hook { user, session_data, watch }) => {
            hook::run(settings, user.as_deref(), session_data.as_deref(), watch)
        }
        Some(Command::Shell { user, shell, watch }) => shell::run(settings, user.as_deref(), shell, watch),
        Some(Command::Credential { tool, argument }) => credential::answer(&settings, tool, &argument),
        Some(Command::Wait) => wait::run(&settings),
        Some(Command::Watch { detached }) => watch::run(&settings, detached),
    }
}

/// Tells the shell that evaluates the output of `env`, `start` or `shell` that there are no secrets: nothing to evaluate would be
/// success, and the shell would go on without them. A person at a terminal has been told already.
pub(crate) fn fail_evaluation() {
    if !stdout().is_terminal() {
        // Nobody is left to tell when the output is closed.
        let _ = report::data(b"false\n");
    }
}

/// Refuses to show values to a person; `usage` says how the output is meant to be taken.
fn refuse_terminal(usage: &str) -> Result<(), Failure> {
    if stdout().is_terminal() {
        return Err(
            Failure::usage("the output contains secrets, and standard output is a terminal").hint(usage)
        );
    }
    Ok(())
}

/// Says what is left out of a plan that may go on.
fn note_left_out(plan: &Plan) {
    for problem in plan.problems.iter().filter(|problem| !problem.fatal()) {
        report::note(format_args!("optional {problem}"));
    }
}

/// How many secrets wait for a tool to ask, as the end of a sentence.
fn by_helpers(plan: &Plan) -> String {
    match plan.helpers.len() {
        0 => String::new(),
        count => format!(", {count} for helpers to ask for"),
    }
}
