//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::credential::Tool;
use crate::shell::Shell;

/// Fetches the secrets that were approved for this project, and injects them.
#[derive(Debug, Parser)]
#[command(
    name = "remo-fetch-secrets",
    version,
    long_about = "Fetches the secrets that were approved for this project from the broker, all from one snapshot, \
        and injects them as the approved manifest says: variables of the environment, and memory-backed files \
        that are reachable through links in the home.\n\n\
        Without a command it injects once, for the start of a container: files are linked, and variables are \
        written to SECRETS_DIR/current/env.sh (for POSIX shells), env.fish and env.nul (NAME=value and a NUL \
        each), to be loaded by whatever starts next. While a required secret is not there yet, it tries again \
        until the timeout. It never falls back: what is required and not available is an error.",
    after_long_help = EXAMPLES,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

const EXAMPLES: &str = "\
Examples:
  remo-fetch-secrets && . /dev/shm/remo-secrets/current/env.sh
          inject for this container, and load the variables into this shell
  remo-fetch-secrets exec -- npm publish
          give the secrets to one command and its children only
  s=$(remo-fetch-secrets env) && eval \"$s\"
          variables for this shell, nothing written anywhere; in a script, add: || exit
  remo-fetch-secrets check
          what would be injected, and what is in the way
  remo-fetch-secrets watch &
          keep the files fresh while secrets change

Exit status:
  0    done
  1    credential docker: nothing is approved for that registry
  64   the command line or a variable of the environment is not usable
  69   a required secret is not available, or the broker, the place for secrets or a path refuses
  70   a fault of this program or of the system
  73   a directory, file or link cannot be made
  74   writing failed half way, for instance because memory is full
  126  exec: the command cannot be run      127  exec: there is no such command
  With exec, otherwise the command's own exit status, or 128 and the number of the signal that ended it.";

/// What to do; without one, inject once.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one command with the secrets, and return its exit status
    ///
    /// Variables go into the command's environment and nowhere else. Files are linked for as long as the
    /// command runs. Where a link of an earlier run without a command, of watch, or of another exec is in use,
    /// it stays as it is: a path shows one content only. Without files the command takes the place of this
    /// process; with files, this process forwards signals to it and cleans up afterwards. In the foreground of a
    /// terminal it does not forward SIGINT, SIGQUIT and SIGWINCH, which the terminal sends to the command as
    /// well: there, send those to the command or to its process group.
    Exec {
        /// The command and its arguments, after --
        #[arg(last = true, required = true, value_name = "CMD")]
        command: Vec<OsString>,
    },
    /// Print shell code that sets the variables, for eval
    ///
    /// Files are not injected. The code contains the values, so it is not printed to a terminal unless
    /// --reveal is given. On failure the code is the command false, so that eval fails as well. Only
    /// the form s=$(remo-fetch-secrets env) && eval "$s" || exit also notices that this program is missing.
    Env {
        /// sh (also for bash, zsh, dash) or fish
        #[arg(long, value_name = "sh|fish", default_value = "sh")]
        shell: Shell,
        /// Print even to a terminal
        #[arg(long)]
        reveal: bool,
    },
    /// Report what would be injected, without writing anything and without values
    ///
    /// Tries once and does not wait. Like every fetch, it is on record in the broker's audit log.
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// For the entrypoint of a container: inject for the remote user, and print shell code that sets the variables
    ///
    /// As root it becomes that user first, so that files and links belong to them. As any other user it injects
    /// nothing, prints nothing and succeeds: the remote user's hooks do the work. On failure it waits a moment
    /// for a hook that passes the reason on, because the end of the entrypoint ends the hooks as well.
    Start {
        /// The remote user: a name in /etc/passwd, or a number
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Then keep the files fresh in the background, see watch
        #[arg(long)]
        watch: bool,
    },
    /// For the hooks that tooling runs in a container before the user's commands: succeed once the secrets are in
    ///
    /// Waits for a run that is going on, and injects where nobody has. Fails as well when the tooling's own
    /// environment lacks a variable that was injected, because it would lack in the user's commands too; and
    /// takes files away in which tooling keeps a copy of the environment on disk.
    Hook {
        /// The remote user: a name in /etc/passwd, or a number
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Where tooling keeps its session data, besides /tmp, /var/tmp and ~/.devcontainer
        #[arg(long, value_name = "DIR")]
        session_data: Option<PathBuf>,
        /// Keep the files fresh in the background where nobody does, see watch
        #[arg(long)]
        watch: bool,
    },
    /// For the start-up files of shells: print shell code that sets the variables, from the set that was injected
    ///
    /// Asks the broker only when nobody has injected in this start of the container; after a failure, once and
    /// without waiting. Other users than the remote user get no code, and no error.
    Shell {
        /// The remote user: a name in /etc/passwd, or a number
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// sh (also for bash, zsh, dash) or fish
        #[arg(long, value_name = "sh|fish", default_value = "sh")]
        shell: Shell,
        /// Keep the files fresh in the background where nobody does, see watch
        #[arg(long)]
        watch: bool,
    },
    /// For git, docker and the tools of AWS: answer one request for credentials
    ///
    /// Asks the broker for the secret at the moment of use, so that no environment and no file holds it. Only what
    /// the approved manifest names for helpers is answered, and each answer is on record. The tools call
    /// this program by other names: git-credential-remo, docker-credential-remo, aws-credential-remo. git and
    /// docker write their request to standard input. For git, other hosts get no answer and no error.
    Credential {
        /// git, docker or aws
        #[arg(value_name = "git|docker|aws")]
        tool: Tool,
        /// What the tool wants: get, store or erase; for docker also list; for aws the name of the profile
        #[arg(value_name = "OPERATION|PROFILE")]
        argument: String,
    },
    /// Wait until a run without a command, or watch, has injected all that is required
    ///
    /// For hooks and shells that start beside the container's entrypoint. Fails as soon as that run has
    /// failed, with its message, or when the timeout has passed.
    Wait,
    /// Inject, and keep files fresh as secrets change, until SIGTERM
    ///
    /// Files of secrets that are revoked are removed. Programs that are running keep the variables that they
    /// have; which variables changed is reported. The timeout does not apply: it waits for the broker as long
    /// as it takes. One process keeps a directory of secrets fresh: a second one is an error.
    Watch {
        /// For who starts it in the background: the right to be the one that watches is standard input
        #[arg(long, hide = true)]
        detached: bool,
    },
}

/// Options of every command. Each overrides its variable of the environment.
#[expect(clippy::doc_markdown, reason = "this is help text, shown to people as it is")]
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]
    #[arg(long, global = true, value_name = "PROJECT")]
    pub(crate) project: Option<OsString>,
    /// The project's socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) secrets_dir: Option<PathBuf>,
    /// What ~ stands for; by default HOME, else the home in /etc/passwd
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]
    #[arg(long, global = true, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) timeout: Option<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn exec_takes_everything_behind_the_dashes() {
        let cli = Cli::try_parse_from(["x", "exec", "--timeout", "1", "--", "cmd", "--help", "-x"]).unwrap();
        let Some(Command::Exec { command }) = cli.command else { panic!("not exec") };
        assert_eq!(command, ["cmd", "--help", "-x"]);
        assert!(Cli::try_parse_from(["x", "exec"]).is_err());
    }
}
