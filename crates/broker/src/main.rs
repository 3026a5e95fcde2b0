//! `remo-broker`: reads the command line, runs, and ends with a status that says how it went.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use remo_broker::audit::reader;
use remo_broker::command_line::{AuditOptions, Command, CommandLine, RunOptions};
use remo_broker::config::{Config, ConfigError};
use remo_broker::exit_status::ExitStatus;
use remo_broker::lifecycle::{InheritedSockets, init_log, protect, start};

/// Every buffer that a value passed through is wiped when it is freed.
#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => return usage(&error).into(),
    };
    let status = match command_line.command {
        None => run(command_line.run),
        Some(Command::Run(options)) => run(options.or(command_line.run)),
        Some(Command::CheckConfig { config }) => check_config(&config),
        Some(Command::Audit(options)) => audit(&options),
    };
    status.into()
}

fn run(options: RunOptions) -> ExitStatus {
    // Before anything here opens a descriptor, the log too.
    let inherited = InheritedSockets::take();
    init_log();
    inherited.report_refused();
    let read_config = move || {
        let variable = std::env::var_os("REMO_PROJECTS_ROOT").map(PathBuf::from);
        Config::load(options.config.as_deref(), &options.overrides(variable), std::env::var_os("HOME"))
    };
    let config = match read_config() {
        Ok(config) => config,
        Err(error) => return configuration_error(&error),
    };
    if let Err(error) = protect(config.memory.on_failure) {
        log::error!("the process cannot be protected, and memory.on_failure is fatal: {error}");
        return ExitStatus::Failure;
    }
    let server = match start(config, inherited, Box::new(read_config)) {
        Ok(server) => server,
        Err(error) => return failure(&error),
    };
    log::info!("ready");
    match server.run() {
        Ok(()) => ExitStatus::Success,
        Err(error) => failure(&error),
    }
}

fn check_config(path: &Path) -> ExitStatus {
    match Config::load(Some(path), &RunOptions::default().overrides(None), std::env::var_os("HOME")) {
        Ok(_) => {
            report(&format!("{}: the configuration is valid", path.display()));
            ExitStatus::Success
        }
        Err(error) => configuration_error(&error),
    }
}

fn audit(options: &AuditOptions) -> ExitStatus {
    let path = match &options.audit_log_path {
        Some(path) => path.clone(),
        None => match Config::audit_log_path(options.config.as_deref(), std::env::var_os("HOME")) {
            Ok(path) => path,
            Err(error) => return configuration_error(&error),
        },
    };
    let filter = match reader::Filter::new(options) {
        Ok(filter) => filter,
        Err(problem) => {
            complain(&format!(
                "error: {problem}\nhint: write a time such as 2026-05-31T02:30:00Z, or 15m for the last 15 minutes"
            ));
            return ExitStatus::Usage;
        }
    };
    match reader::read(&path, &filter, options.follow, options.json, &mut std::io::stdout().lock()) {
        Ok(()) => ExitStatus::Success,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitStatus::Success,
        Err(error) => {
            complain(&format!(
                "error: cannot read the audit log {}: {error}\nhint: name another log with --audit-log-path",
                path.display()
            ));
            ExitStatus::Failure
        }
    }
}

/// Help and version are no errors; anything else is a wrong command line.
fn usage(error: &clap::Error) -> ExitStatus {
    let shown = error.print();
    if error.use_stderr() || shown.is_err() { ExitStatus::Usage } else { ExitStatus::Success }
}

fn configuration_error(error: &ConfigError) -> ExitStatus {
    complain(&format!(
        "error: {error}\nhint: mend it and test it with: remo-broker check-config --config {}",
        error.file().display()
    ));
    ExitStatus::Configuration
}

/// Prints an error with its causes, each once.
fn failure(error: &dyn Error) -> ExitStatus {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    complain(&text);
    ExitStatus::Failure
}

fn complain(text: &str) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn report(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
