//! The command lines: what can be typed under each of the names, and the help that explains it.

mod program;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use program::Program;

use crate::install::removal::Keep;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  not done, or the answer is no
  2  the command line is wrong
  3  the broker speaks another protocol version
  4  the broker is out of reach
A command given with --exec ends with its own.";

/// Opens projects in their containers, behind the launch gate, with the secrets that were approved for them.
#[derive(Debug, Parser)]
#[command(name = "remo", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a shell in a project, or in the vault; without a name, choose one
    ///
    /// A project with a dev container configuration runs in its container, which is started or made when need be; one
    /// without runs nowhere, unless `remo trust NAME --host` approved that it runs on this host. Commands get
    /// `REMO_INSTANCE` and `REMO_PROJECT`. Where zellij is installed, a shell lives in a session that survives a lost
    /// connection.
    Shell(ShellArguments),
    /// Start a project's container, or make it; _remo-vault starts the vault
    ///
    /// Registers the project with the broker, shows a manifest that is another than was approved, and starts the
    /// container through the Dev Containers CLI behind the launch gate. Commands for this host (initializeCommand) are
    /// left out unless they were approved.
    Up(UpArguments),
    /// See what a project asks for beyond what was approved, and approve exactly that
    Trust(TrustArguments),
    /// Show projects, manifests, containers, and what needs a restart
    ///
    /// Nothing in it is the word of a container: the engine says what runs, the broker what is current.
    Status(AnswerArguments),
    /// Check every prerequisite, each with its remedy
    Doctor(AnswerArguments),
    /// Clone a repository into a new project
    ///
    /// git runs without your git configuration and starts nothing that the repository names: no hooks, no filters, no
    /// submodules. Addresses: https://, ssh://, USER@HOST:PATH, or an absolute path of this host.
    Clone(CloneArguments),
    /// Delete a project: its container, its folder, and what was approved for it
    Delete(DeleteArguments),
    /// Tell which container is the vault's, when somebody else has made it
    AdoptVault(AdoptVaultArguments),
    /// Keep containers away from the cloud's metadata addresses and from the vault
    ///
    /// A table of packet-filter rules, `inet remo`, that containers of every bridge of this host are held against.
    /// remo-network.service applies it at boot; by hand it takes root.
    Network(NetworkArguments),
    /// Set this host up: broker, units, links of an account
    ///
    /// Out of an unpacked release it installs the files too; where the Debian packages are installed it does the rest:
    /// tells the broker where projects are, lets the account use the admin socket, links remo, project-launch and
    /// project-menu in ~/.local/bin, and shows the menu at a login. A second time changes nothing.
    Install(InstallArguments),
    /// Take everything away that `remo install` brought, and the state
    ///
    /// Projects stay. What else is to stay is said by --keep.
    Uninstall(UninstallArguments),
    /// Build, start, replace or stop the container of the vault
    #[command(subcommand)]
    Vault(VaultCommand),
}

/// Arguments of `install`.
#[derive(Debug, Args)]
pub struct InstallArguments {
    /// The account whose projects these are; by default the one that called sudo
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Where its projects are; by default ~/projects
    #[arg(long, value_name = "DIRECTORY")]
    pub projects_root: Option<PathBuf>,
    /// The unpacked release; by default the one that this program lies in
    #[arg(long, value_name = "DIRECTORY")]
    pub from: Option<PathBuf>,
    /// Show no menu at a login
    #[arg(long)]
    pub no_menu: bool,
    #[command(flatten)]
    /// What `uninstall` has, too.
    pub common: HostArguments,
}

/// Arguments of `uninstall`.
#[derive(Debug, Args)]
pub struct UninstallArguments {
    /// The account whose links go; by default the one that called sudo
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// What stays; can be given several times
    #[arg(long, value_name = "WHAT")]
    pub keep: Vec<Keep>,
    /// Without a question
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    /// What `install` has, too.
    pub common: HostArguments,
}

/// What `install` and `uninstall` share.
#[derive(Debug, Args)]
pub struct HostArguments {
    /// Only the links and the start-up line of your own account; takes no root
    #[arg(long)]
    pub links_only: bool,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Say what was changed as JSON
    #[arg(long)]
    pub json: bool,
    /// A directory that will be the root of a host, for images
    #[arg(long, value_name = "DIRECTORY", default_value = "/")]
    pub root: PathBuf,
}

/// Arguments of `network`.
#[derive(Debug, Args)]
pub struct NetworkArguments {
    /// What to do
    #[command(subcommand)]
    pub action: NetworkAction,
}

/// What `network` does.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum NetworkAction {
    /// Put the rules in force, in the place of what is there
    Apply,
    /// Take them away
    Remove,
    /// Say whether they are in force; 1 when they are not, or are others
    Status,
    /// Print them, as nft reads them
    Show,
}

/// The commands below `vault`.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Build the image of the vault
    ///
    /// On a Debian base, for the user whom the vault key belongs to. What the base has is not fetched again: with
    /// `--offline` and a base that has the packages, nothing is.
    Build(VaultBuildArguments),
    /// Start the vault; make it, or make it again when its image or its settings are not what they should be
    ///
    /// The container is thrown away and made again without losing anything: what is stored is in the volume
    /// `remo-vault`. A second call changes nothing.
    Up(VaultUpArguments),
    /// Stop the vault; the broker keeps what it has
    Down,
    /// Show whether the vault runs and does its work
    Status(AnswerArguments),
}

/// Arguments of `vault build`.
#[derive(Debug, Args)]
pub struct VaultBuildArguments {
    /// The image to build on [default: a small Debian, as the context says]
    #[arg(long, value_name = "IMAGE")]
    pub base: Option<String>,
    /// The folder to build from [default: /usr/share/remo/vault-image]
    #[arg(long, value_name = "DIR")]
    pub context: Option<PathBuf>,
    /// Without a network
    #[arg(long)]
    pub offline: bool,
}

/// Arguments of `vault up`.
#[derive(Debug, Args)]
pub struct VaultUpArguments {
    /// Make the container again in any case
    #[arg(long)]
    pub recreate: bool,
}

/// Arguments of `shell`.
#[derive(Debug, Args)]
pub struct ShellArguments {
    /// The project, or _remo-vault
    #[arg(short, long, value_name = "NAME")]
    pub project: Option<String>,
    /// Run this in the project's shell instead of opening one
    #[arg(long, value_name = "COMMAND", requires = "project")]
    pub exec: Option<OsString>,
    /// Run it in the background; what it prints goes to ~/.local/state/remo/NAME.log
    #[arg(long, requires = "project")]
    pub detach: bool,
    /// Without a session
    #[arg(long)]
    pub no_session: bool,
    /// This is the process in the background.
    #[arg(long, hide = true)]
    pub detached: bool,
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub struct UpArguments {
    /// The project
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Throw its container away and make it again
    #[arg(long)]
    pub rebuild: bool,
    /// Approve the manifest as it is, without a question
    #[arg(long)]
    pub yes: bool,
    /// A user of its containers that may fetch secrets, beside the owner of the folder
    #[arg(long, value_name = "NUMBER")]
    pub uid: Option<u32>,
}

/// Arguments of `trust`.
#[derive(Debug, Args)]
pub struct TrustArguments {
    /// The project
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Approve that it runs on this host, without a container
    #[arg(long)]
    pub host: bool,
    /// Take back what was approved
    #[arg(long, conflicts_with = "yes")]
    pub revoke: bool,
    /// Approve without a question
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of commands that answer.
#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `clone`.
#[derive(Debug, Args)]
pub struct CloneArguments {
    /// Where the repository is
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Name of the new project; by default the last part of the address
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArguments {
    /// The project
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Delete it without a question; the name once more
    #[arg(long, value_name = "NAME")]
    pub yes: Option<String>,
}

/// Arguments of `adopt-vault`.
#[derive(Debug, Args)]
pub struct AdoptVaultArguments {
    /// The whole id of the container
    #[arg(value_name = "CONTAINER_ID")]
    pub id: String,
}

/// Opens a project, called from another machine over SSH.
///
/// The same as `remo shell`.
#[derive(Debug, Parser)]
#[command(name = "project-launch", version, after_help = EXIT_CODES)]
pub struct LaunchCommandLine {
    /// The project, or _remo-vault
    #[arg(long, value_name = "NAME")]
    pub project: String,
    /// Run it in the background; what it prints goes to ~/.local/state/remo/NAME.log
    #[arg(long)]
    pub detach: bool,
    /// Run this in the project's shell instead of opening one
    #[arg(long, value_name = "SHELL_COMMAND")]
    pub exec: Option<OsString>,
}

/// The menu of a login, for the shell's start-up file: `project-menu || exit`.
///
/// Ends with 0 to stay in the shell and with 1 to leave. Without a terminal, and whenever something is wrong with the
/// menu itself, it ends with 0: nobody is locked out by it.
#[derive(Debug, Parser)]
#[command(name = "project-menu", version)]
pub struct MenuCommandLine {}
