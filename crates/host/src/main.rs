//! The `remo` binary, also under the names `project-menu` and `project-launch`.

use std::env;
use std::process::ExitCode;

use clap::Parser as _;
use remo_host::cli::{Command, CommandLine, LaunchCommandLine, MenuCommandLine, Program};
use remo_host::exit::ExitStatus;
use remo_host::failure::Failure;
use remo_host::places::Places;
use remo_host::{menu, output, run};

fn main() -> ExitCode {
    let places = || Places::read(env::vars_os());
    let ended: Result<Result<ExitStatus, Failure>, clap::Error> =
        match Program::of(env::args_os().next().as_deref()) {
            Program::Remo => CommandLine::try_parse().map(|line| match &line.command {
                // Of the whole host: a service of the system has no home.
                Command::Network(_) | Command::Install(_) | Command::Uninstall(_) => {
                    run::of_host(&line.command)
                }
                _ => run::remo(&places()?, &line),
            }),
            Program::Launch => LaunchCommandLine::try_parse().map(|line| run::launch(&places()?, &line)),
            Program::Menu => MenuCommandLine::try_parse().map(|_| Ok(for_login(places()))),
        };
    match ended {
        Ok(Ok(status)) => status.into(),
        Ok(Err(failure)) => {
            output::note(&failure.to_string());
            failure.exit_status().into()
        }
        Err(error) => {
            // Help and version are no errors; they go to standard output with status 0.
            let _ = error.print();
            if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }.into()
        }
    }
}

/// Nobody is locked out of the instance by a menu that cannot be shown.
fn for_login(places: Result<Places, Failure>) -> ExitStatus {
    match places {
        Ok(places) => menu::for_login(&places),
        Err(failure) => {
            output::note(&failure.to_string());
            ExitStatus::Success
        }
    }
}
