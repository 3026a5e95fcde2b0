//! The helper in a project container: fetches what the pin names, injects it as variables and
//! memory-backed files, and hands over.
//!
//! It runs as root or any user, in images with nothing but a POSIX shell, and beside code that is not trusted:
//! whatever lies in the home, in the workspace or in memory shared with others may have been planted. Bindings
//! come from the broker's response only, never from a file.
//!
//! - [`plan`]: what to inject, computed without input or output
//! - [`vend`]: fetching, and waiting for what can heal
//! - [`storage`]: the memory-backed directory and what is demanded of it
//! - [`injection`]: sets of files, the links to them, files for one command
//! - [`credential`]: secrets that a tool asks for at the moment of use
//! - [`shell`]: variables as text that a shell reads back exactly

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command};
use crate::credential::Tool;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::settings::Environment;

mod cli;
mod command;
mod credential;
pub mod exit_status;
mod failure;
mod hardening;
mod injection;
mod pause;
mod plan;
mod report;
pub mod settings;
mod shell;
mod storage;
mod tooling_cache;
mod user;
mod vend;

/// Commands whose output a shell evaluates.
const EVALUATED: [&str; 3] = ["env", "start", "shell"];

/// The whole program. Standard error has been told why when the status is not success.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Environment) -> ExitStatus {
    let arguments = by_name(arguments.into_iter().collect());
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to tell when the output is closed.
            let _ = error.print();
            if !error.use_stderr() {
                return ExitStatus::Success;
            }
            if arguments
                .iter()
                .take_while(|argument| *argument != "--")
                .any(|argument| EVALUATED.iter().any(|name| argument == name))
            {
                command::fail_evaluation();
            }
            return ExitStatus::Usage;
        }
    };
    let evaluated =
        matches!(cli.command, Some(Command::Env { .. } | Command::Start { .. } | Command::Shell { .. }));
    let done = hardening::forbid_dumps()
        .map_err(|error| Failure::internal("keep this process out of core dumps", &error))
        .and_then(|()| command::dispatch(cli, environment));
    done.unwrap_or_else(|failure| {
        report::failure(&failure);
        if evaluated {
            command::fail_evaluation();
        }
        failure.status()
    })
}

/// Called by a name of a credential helper, the program is that helper.
fn by_name(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().and_then(|program| Path::new(program).file_name()?.to_str());
    if let Some(tool) = name.and_then(Tool::by_program) {
        arguments.splice(1..1, ["credential", tool.word()].map(OsString::from));
    }
    arguments
}

/// The command line, for generated man pages and completions.
pub fn command_line() -> clap::Command {
    Cli::command()
}
