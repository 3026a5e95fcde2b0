//! One binary, many names: which program is meant, by the name that the binary was started under.

use std::ffi::OsStr;
use std::path::Path;

use clap::{CommandFactory, Parser};

use super::{
    CommandLine, ListCredsCommandLine, Locations, LoginCommandLine, ReloadCommandLine,
    TestProjectCommandLine, VendStatusCommandLine, WatchArguments,
};

/// The programs that this binary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Everything, as subcommands.
    Vault,
    /// `remo-vault watch`, for a supervisor.
    Watcher,
    /// Logins.
    Login,
    /// What is stored, and whether it has reached the broker.
    ListCreds,
    /// What a start of a project would get.
    TestProject,
    /// How everything stands.
    VendStatus,
    /// Approves a project's manifest.
    Reload,
}

impl Program {
    /// All of them, `remo-vault` first.
    pub const ALL: [Self; 7] = [
        Self::Vault,
        Self::Watcher,
        Self::Login,
        Self::ListCreds,
        Self::TestProject,
        Self::VendStatus,
        Self::Reload,
    ];

    /// The name that it is installed under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vault => "remo-vault",
            Self::Watcher => "remo-vault-watcher",
            Self::Login => "remo-login",
            Self::ListCreds => "remo-list-creds",
            Self::TestProject => "remo-test-project",
            Self::VendStatus => "remo-vend-status",
            Self::Reload => "remo-reload",
        }
    }

    /// The program that `started_as` (the first argument of the process) names; `remo-vault` for any other name.
    pub fn of(started_as: Option<&OsStr>) -> Self {
        let name = started_as.and_then(|path| Path::new(path).file_name());
        Self::ALL.into_iter().find(|program| name == Some(OsStr::new(program.name()))).unwrap_or(Self::Vault)
    }

    /// Its command line as data, for man pages, completions and the reference.
    pub fn command(self) -> clap::Command {
        match self {
            Self::Vault => CommandLine::command(),
            Self::Watcher => WatcherCommandLine::command(),
            Self::Login => LoginCommandLine::command(),
            Self::ListCreds => ListCredsCommandLine::command(),
            Self::TestProject => TestProjectCommandLine::command(),
            Self::VendStatus => VendStatusCommandLine::command(),
            Self::Reload => ReloadCommandLine::command(),
        }
    }
}

/// Pushes at every change of the store, and whenever the broker comes back.
///
/// The same as `remo-vault watch`.
#[derive(Debug, Parser)]
#[command(name = "remo-vault-watcher", version, disable_help_subcommand = true)]
pub struct WatcherCommandLine {
    /// What else it does.
    #[command(flatten)]
    pub watch: WatchArguments,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_whatever_the_folder() {
        let of = |name: &str| Program::of(Some(OsStr::new(name)));
        assert_eq!(of("/usr/bin/remo-vault-watcher"), Program::Watcher);
        assert_eq!(of("remo-vault"), Program::Vault);
        assert_eq!(of("./renamed"), Program::Vault);
        assert_eq!(Program::of(None), Program::Vault);
    }

    #[test]
    fn every_command_line_has_the_name_of_its_program() {
        for program in Program::ALL {
            assert_eq!(program.command().get_name(), program.name());
            program.command().debug_assert();
        }
    }
}
