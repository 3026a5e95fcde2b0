//! Arguments of the commands that are about the store as a file.

use clap::{Args, ValueEnum};

/// Arguments of `env`.
#[derive(Debug, Args)]
pub struct EnvArguments {
    /// The shell to write for
    #[arg(long, value_enum, default_value_t = ShellKind::Sh)]
    pub shell: ShellKind,
}

/// The shells that `env` writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellKind {
    /// Any POSIX shell: sh, dash, bash, zsh
    #[value(aliases = ["bash", "dash", "zsh"])]
    Sh,
    /// fish
    Fish,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Bring back too what was removed from the store since the copy was made
    #[arg(long)]
    pub with_removed: bool,
}
