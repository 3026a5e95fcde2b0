//! The command line of `cargo xtask try`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::own;
use crate::failure::Failure;

/// What `--help` says first.
pub(crate) const ABOUT: &str = "\
A tour of the product, with its real programs on this machine: a secret travels from an encrypted file to a command \
that may have it, and is refused to one that may not.

Builds broker, vault and helper, starts them in a private directory in memory, tells what happens in short chapters, \
and checks each: whatever is not as the story says ends it with a failure. It needs Rust and nothing else (with --fnox also \
fnox), no root and no containers, so what stands for a container here is a directory and a process: it shows the path of a secret, not \
the isolation of a container. At the end nothing is left, after Ctrl-C neither: every process, also those that your \
command left behind, is ended, and the directory is removed. Only after kill -9 of the tour itself both stay: the \
directory is remo-try.* in XDG_RUNTIME_DIR or /dev/shm, and the broker has its name in its command line.

With a command, the story is shorter and goes to standard error, and the command has standard input and output to \
itself.";

const EXAMPLES: &str = "\
Examples:
  cargo xtask try
          the tour, with sample secrets
  cargo xtask try --secret GH_TOKEN -- gh auth status
          your own secret, asked for without echo, for one command of yours
  cargo xtask try --env-file .env -- npm test
          every variable of a file, for one command
  cargo xtask try --env-file .env
          the tour with your own secrets beside the samples; only their lengths are shown
  cargo xtask try --fnox
          the tour with fnox as the store, which needs pip unless fnox 1.31.0 is there
  sudo cargo xtask try --containers
          a longer tour, with a vault and two projects in real containers
  cargo xtask try --keep
          the tour, and then everything stays for exploring until you press Enter

Exit status:
  0    everything was as the story says
  1    something was not, or could not be done
  2    the command line is wrong
  130  interrupted (128 and the number of the signal)
  With a command of yours: its exit status.";

/// Arguments of `cargo xtask try`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Arguments {
    /// A secret of your own; its value is asked for without echo, or read from standard input
    ///
    /// May be given more than once. The command finds it in the variable of the same name in upper case. The value
    /// of a JSON object of strings is a bundle: each field becomes a variable of both names.
    #[arg(long = "secret", value_name = "NAME")]
    pub(super) secrets: Vec<String>,

    /// Secrets of your own: every variable of this file
    #[arg(long, value_name = "FILE")]
    pub(super) env_file: Option<PathBuf>,

    /// Keep the secrets with the real fnox, which is fetched when it is not there, instead of the embedded store
    #[arg(long)]
    pub(super) fnox: bool,

    /// Tell it in real containers: an engine of its own, a vault and two projects, git, gh and aws
    ///
    /// As root on Debian, which installs what is missing. Takes a few minutes, the first time several more. Nothing is
    /// installed of the product, and an engine that runs already is not touched.
    #[arg(long, conflicts_with_all = ["secrets", "env_file", "fnox", "command"])]
    pub(super) containers: bool,

    /// Leave everything running at the end, say what to try, and wait for Enter
    #[arg(long)]
    pub(super) keep: bool,

    /// No colours, as with `NO_COLOR` set and whenever the output is not a terminal
    #[arg(long)]
    pub(super) plain: bool,

    /// Use the programs in this directory instead of building them
    #[arg(long, value_name = "DIR")]
    pub(super) programs: Option<PathBuf>,

    /// Taken here only to be refused in words of our own: the parser's words would show what may be a value.
    #[arg(hide = true)]
    surplus: Vec<OsString>,

    /// Run this command with the secrets instead of the tour
    #[arg(last = true, value_name = "CMD")]
    pub(super) command: Vec<OsString>,
}

impl Arguments {
    /// Refuses what can only be meant otherwise, without repeating it.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if !self.surplus.is_empty() {
            return Err(Failure::new("there is an argument that belongs to no option").hint(
                "write a command behind --, and no value anywhere: values are asked for, because every process of \
                 this machine can read an argument",
            ));
        }
        self.secrets.iter().try_for_each(|name| own::check_name(name))
    }
}
