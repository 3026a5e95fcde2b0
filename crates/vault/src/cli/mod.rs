//! The command line: what can be typed, and the help that explains it.

mod helpers;
mod key;
mod locations;
mod login;
mod program;
mod store;
mod tui;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use helpers::{
    AnswerArguments, ListCredsCommandLine, ReloadCommandLine, TestProjectCommandLine, VendStatusCommandLine,
};
pub use key::{
    EnsureArguments, KeyCommand, LadderArguments, RotateArguments, StatusArguments, UnsealArguments,
};
pub use locations::{Locations, SourceKind};
pub use login::{
    LoginArguments, LoginCommand, LoginCommandLine, LoginForgetArguments, LoginPlaces, LoginRefreshArguments,
    LoginStatusArguments,
};
pub use program::{Program, WatcherCommandLine};
pub use store::{EnvArguments, RestoreArguments, ShellKind};
pub use tui::TuiArguments;

/// Keeps secrets encrypted, and hands them to the broker.
#[derive(Debug, Parser)]
#[command(name = "remo-vault", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const EXAMPLES: &str = "\
Examples:
  remo-vault key ensure --allow-plaintext     make the vault key, once
  gh auth token | remo-vault set gh           store what a command prints
  remo-vault set npm                          store what you type, not shown
  remo-vault set deploy < key.json            a JSON object of strings is a bundle of fields
  remo-vault import --dry-run .env            see what an .env file would bring
  remo-vault list                             names, kinds and fields, never values
  remo-vault push                             hand everything to the broker now
  remo-vault watch                            hand it over at every change, until stopped
  remo-vault tui                              see and change all of it on the terminal

Exit codes:
  0  done
  1  not done, or the answer is no
  2  the command line is wrong
  3  the broker speaks another protocol version
  4  the broker is out of reach";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Push at every change of the store, and whenever the broker comes back
    ///
    /// Pushes when it starts, when the store has changed, and as soon as a broker that went away is back. After
    /// a `remo-vault clear` it pushes nothing until `remo-vault push`. Ends with 0 on SIGTERM and SIGINT. What
    /// happens is logged on standard error, without values. Logins that are due are renewed by their recipes
    /// (`remo-login refresh`), without anybody being asked.
    Watch(WatchArguments),
    /// Hand everything in the store to the broker, now
    ///
    /// Replaces what the broker has. Undoes a `remo-vault clear`.
    Push,
    /// Make the broker forget every secret
    ///
    /// The store keeps them. `remo-vault watch` does not push again until `remo-vault push`.
    Clear,
    /// Store a secret; its value comes from standard input or a prompt
    ///
    /// On a terminal the value is asked for twice and not shown. Otherwise standard input is read to its end: a
    /// single line is stored without its line end, several lines exactly as they are. A JSON object of strings
    /// becomes a bundle of fields.
    Set(SetArguments),
    /// Show what is stored under a name; the value only with --reveal
    Get(GetArguments),
    /// List names, kinds, fields and times of change, never values
    List(ListArguments),
    /// Remove secrets from the store; all of them or, when one is not there, none
    ///
    /// The version before the last change is kept, encrypted, beside the store (`.previous`), so who has the
    /// vault key can bring back what was just removed, until the next change of the store. A credential that leaked has to be revoked where it was issued.
    Remove(RemoveArguments),
    /// Store every variable of an .env file, in one write
    ///
    /// Nothing is expanded: `$NAME` in a value stays as it is. The file is left alone; delete it when all is well.
    Import(ImportArguments),
    /// Make an empty fnox store for the vault key
    ///
    /// The first `remo-vault set` does the same. A store that is there is left as it is; one that the vault key
    /// cannot write is explained.
    Init,
    /// Print shell code after which a plain `fnox` works on the store
    ///
    /// For `eval`: it names the key file to fnox and makes `fnox` a function that names the store. No value and no
    /// key is printed.
    Env(EnvArguments),
    /// Take the last good copy of the store back
    ///
    /// The watcher keeps a copy of the ciphertext each time the broker has taken everything in the store. Shows by
    /// name what that changes, asks, and keeps the file that is replaced beside the store (`.previous`). What the watcher
    /// has seen removed since is left out, unless --with-removed says otherwise.
    Restore(RestoreArguments),
    /// Greet somebody who opens a shell in the vault: where one is, how it stands, what to type next
    ///
    /// For the shell's start-up file. Quick, waits for nothing longer than a second, and always ends with 0.
    Message,
    /// Say whether the vault does its work: for the health check of its container
    ///
    /// The watcher lives and reacts, the broker answers, and the store can be read. Ends with 1 when one of them is
    /// not so. What a project lacks is not asked; `remo-vend-status` says that.
    Health,
    /// See secrets, projects and the audit log on the terminal, and change them by keys
    ///
    /// Shows what is stored and whether the broker has it, what every project may have and what its manifest asks for
    /// beyond that, and the broker's audit log while it grows. Keys: s sets a secret, d removes one, p pushes, a shows
    /// the difference of a manifest and approves it, ? lists them all. What removes or widens something asks first.
    /// No value is ever shown. Without --audit-log FILE that is readable, everything but the log works.
    Tui(TuiArguments),
    /// Manage the vault key
    #[command(subcommand)]
    Key(KeyCommand),
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// Do not renew logins that are due; `remo-login refresh --all-due` does the same
    #[arg(long)]
    pub no_refresh: bool,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct SetArguments {
    /// Name of the secret: A-Z, a-z, 0-9 and _
    pub name: String,
    /// Store a JSON object as text, not as a bundle
    #[arg(long)]
    pub scalar: bool,
    /// What to do with a line end
    #[command(flatten)]
    pub line_end: LineEndArguments,
    /// Store an empty value
    #[arg(long)]
    pub allow_empty: bool,
    /// Taken here only to be refused in words of our own: the parser's words would show the value.
    #[arg(hide = true, allow_hyphen_values = true, num_args = 0..)]
    pub surplus: Vec<OsString>,
}

/// What `set` does with a line end at the end of standard input.
#[derive(Debug, Args)]
pub struct LineEndArguments {
    /// Store standard input exactly, line end included
    #[arg(long, conflicts_with = "trim")]
    pub keep_newline: bool,
    /// Take one line end off, also when there are several lines
    #[arg(long)]
    pub trim: bool,
}

/// Arguments of `get`.
#[derive(Debug, Args)]
pub struct GetArguments {
    /// Name of the secret
    pub name: String,
    /// Write the value to standard output, exactly; a bundle as JSON
    #[arg(long)]
    pub reveal: bool,
    /// Describe it as JSON
    #[arg(long, conflicts_with = "reveal")]
    pub json: bool,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `remove`.
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// Names of the secrets
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The file, or - for standard input
    #[arg(value_name = "FILE.env")]
    pub file: PathBuf,
    /// Say what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Replace secrets that are stored with another value
    #[arg(long)]
    pub force: bool,
}
