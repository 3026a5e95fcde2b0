//! The command line of `remo-login`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::Locations;

/// Logs in by a tool's own means, and stores the credential encrypted.
///
/// Without arguments the recipes are listed. The tool runs in a memory-backed home that is wiped afterwards; its
/// credential goes into the store, from which the watcher hands it to the broker. Refresh tokens stay in the vault.
#[derive(Debug, Parser)]
#[command(
    name = "remo-login",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    override_usage = "remo-login [OPTIONS] [RECIPE]\n       remo-login [OPTIONS] <COMMAND>"
)]
pub struct LoginCommandLine {
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<LoginCommand>,
    /// The login.
    #[command(flatten)]
    pub login: LoginArguments,
    /// Where recipes and homes are.
    #[command(flatten)]
    pub places: LoginPlaces,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const EXAMPLES: &str = "\
Examples:
  remo-login                            list the recipes, and what is logged in
  remo-login gh                         log in to GitHub
  remo-login gh --show                  how that works, and the manifest binding to paste
  remo-login token --name stripe        store any token, as stripe
  remo-login status                     logins with the time left
  remo-login refresh aws                renew a credential that expires
  remo-login refresh --all-due          the same for all that are due, for a timer

Exit codes:
  0  done
  1  not done, or the answer is no (status: something has expired)
  2  the command line is wrong";

/// Arguments of a login, and of the list where no recipe is named.
#[derive(Debug, Args)]
pub struct LoginArguments {
    /// What to log in to; without it the recipes are listed
    pub recipe: Option<String>,
    /// Explain the recipe instead, and do nothing; without one, list them
    #[arg(long)]
    pub show: bool,
    /// Store the credential under this name
    #[arg(long, value_name = "SECRET", requires = "recipe")]
    pub name: Option<String>,
    /// List as JSON
    #[arg(long, conflicts_with = "recipe")]
    pub json: bool,
}

/// Where recipes and homes are.
#[derive(Debug, Args)]
pub struct LoginPlaces {
    /// A folder of recipes of your own [default: /etc/remo-vault/recipes.d and ~/.config/remo-vault/recipes]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "REMO_LOGIN_RECIPES_DIR",
        hide_env_values = true,
        help_heading = "Where things are"
    )]
    pub recipes_dir: Option<PathBuf>,
    /// The memory-backed folder in which the tool's home is made [default: that of the session, else /dev/shm]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "REMO_LOGIN_HOME",
        hide_env_values = true,
        help_heading = "Where things are"
    )]
    pub home: Option<PathBuf>,
    /// Let the tool write to standard error although that is no terminal; it may write the credential
    #[arg(long, global = true)]
    pub show_output: bool,
}

/// Further commands.
#[derive(Debug, Subcommand)]
pub enum LoginCommand {
    /// Show the logins with the time left
    ///
    /// Ends with 1 when one has expired.
    Status(LoginStatusArguments),
    /// Renew credentials that expire, by their recipes and without asking
    ///
    /// Without a name all that can be renewed are. The store changes, and the watcher pushes the new ones. A secret that
    /// was removed, or set by other means, since its login is left alone.
    Refresh(LoginRefreshArguments),
    /// Forget a login: its time and what was kept for a refresh; the secret stays in the store
    ///
    /// No earlier version of the records is kept beside the store. Backups of the vault hold what they held: revoke the
    /// session at the service as well.
    Forget(LoginForgetArguments),
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct LoginStatusArguments {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
pub struct LoginRefreshArguments {
    /// Secrets to renew
    #[arg(value_name = "SECRET", conflicts_with = "all_due")]
    pub names: Vec<String>,
    /// Only those that are due; for a timer
    #[arg(long)]
    pub all_due: bool,
}

/// Arguments of `forget`.
#[derive(Debug, Args)]
pub struct LoginForgetArguments {
    /// The secret whose login is forgotten
    #[arg(value_name = "SECRET")]
    pub name: String,
}
