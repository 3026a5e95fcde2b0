//! The command line of `remo-broker` (specification section 9).

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{DEFAULT_PATH, Overrides};

/// Holds the secrets of a remo instance in memory and vends to each project what was approved for it.
#[derive(Debug, Parser)]
#[command(name = "remo-broker", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct CommandLine {
    /// What to do; `run` when nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Options of `run`.
    #[command(flatten)]
    pub run: RunOptions,
}

const EXAMPLES: &str = "\
Examples:
  remo-broker                                  run with /etc/remo-broker/config.toml
  remo-broker run --socket-dir /tmp/b/run --state-dir /tmp/b/state \\
      --audit-log-path /tmp/b/audit.log --projects-root ~/projects
  remo-broker check-config --config my.toml    test a configuration
  remo-broker audit --project web --follow     watch what a project fetches

Exit status: 0 done, 1 failed, 64 wrong command line, 78 wrong configuration.
The log level is set with REMO_BROKER_LOG (error, warn, info, debug; default info).";

/// The broker's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon in the foreground.
    Run(RunOptions),
    /// Test a configuration file and say what is wrong with it.
    CheckConfig {
        /// The file.
        #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Read the audit log.
    Audit(AuditOptions),
}

/// Options of `run`; each overrides the configuration.
#[derive(Debug, Args, Clone, Default)]
pub struct RunOptions {
    /// Configuration file [default: /etc/remo-broker/config.toml, if it is there].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the sockets.
    #[arg(long, value_name = "DIR")]
    pub socket_dir: Option<PathBuf>,
    /// Directory of the pins and the generation.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The audit log.
    #[arg(long, value_name = "FILE")]
    pub audit_log_path: Option<PathBuf>,
    /// Directory whose direct children are the projects.
    #[arg(
        long,
        value_name = "DIR",
        help = "Directory whose direct children are the projects [env: REMO_PROJECTS_ROOT]"
    )]
    pub projects_root: Option<PathBuf>,
}

impl RunOptions {
    /// Joins the flags before and behind `run`; those behind win.
    #[must_use]
    pub fn or(self, before: Self) -> Self {
        Self {
            config: self.config.or(before.config),
            socket_dir: self.socket_dir.or(before.socket_dir),
            state_dir: self.state_dir.or(before.state_dir),
            audit_log_path: self.audit_log_path.or(before.audit_log_path),
            projects_root: self.projects_root.or(before.projects_root),
        }
    }

    /// The settings among them, with the environment's where no flag is given.
    pub fn overrides(&self, projects_root_variable: Option<PathBuf>) -> Overrides {
        Overrides {
            socket_dir: self.socket_dir.clone(),
            state_dir: self.state_dir.clone(),
            audit_log_path: self.audit_log_path.clone(),
            projects_root: self.projects_root.clone().or(projects_root_variable),
        }
    }
}

/// Every event of the log, as [`crate::audit::Event`] names them.
const EVENTS: [&str; 13] = [
    "fetch",
    "secrets.pushed",
    "secrets.cleared",
    "project.registered",
    "project.unregistered",
    "manifest.approved",
    "manifest.invalid",
    "peer.unexpected",
    "rate.limited",
    "socket.recovered",
    "audit.lost",
    "started",
    "shutdown",
];

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct AuditOptions {
    /// The log [default: the one of the configuration].
    #[arg(long, value_name = "FILE")]
    pub audit_log_path: Option<PathBuf>,
    /// Configuration file that names the log.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this project.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Only this event, such as fetch or manifest.approved; may be given more than once.
    #[arg(long, value_name = "EVENT", value_parser = EVENTS, hide_possible_values = true)]
    pub event: Vec<String>,
    /// Only since this time: RFC 3339, or how long ago (90s, 15m, 2h, 7d).
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Go on with what is written from now on.
    #[arg(long, short)]
    pub follow: bool,
    /// Lines as they stand in the log instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// The definition, for man pages, completions and the reference.
pub fn command() -> clap::Command {
    CommandLine::command()
}
