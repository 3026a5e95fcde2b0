//! One binary, three names: which program is meant, by the name that the binary was started under.

use std::ffi::OsStr;
use std::path::Path;

use clap::CommandFactory as _;

use super::{CommandLine, LaunchCommandLine, MenuCommandLine};

/// The programs that this binary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Everything, as subcommands.
    Remo,
    /// The menu of a login.
    Menu,
    /// One project, called from another machine.
    Launch,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Remo, Self::Menu, Self::Launch];

    /// The name that it is installed under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Remo => "remo",
            Self::Menu => "project-menu",
            Self::Launch => "project-launch",
        }
    }

    /// The program that `started_as` (the first argument of the process) names; `remo` for any other name.
    pub fn of(started_as: Option<&OsStr>) -> Self {
        let name = started_as.and_then(|path| Path::new(path).file_name());
        Self::ALL.into_iter().find(|program| name == Some(OsStr::new(program.name()))).unwrap_or(Self::Remo)
    }

    /// Its command line as data, for man pages, completions and the reference.
    pub fn command(self) -> clap::Command {
        match self {
            Self::Remo => CommandLine::command(),
            Self::Menu => MenuCommandLine::command(),
            Self::Launch => LaunchCommandLine::command(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_whatever_the_folder() {
        assert_eq!(Program::of(Some(OsStr::new("/home/me/.local/bin/project-menu"))), Program::Menu);
        assert_eq!(Program::of(Some(OsStr::new("project-launch"))), Program::Launch);
        assert_eq!(Program::of(Some(OsStr::new("./renamed"))), Program::Remo);
        for program in Program::ALL {
            assert_eq!(program.command().get_name(), program.name());
            program.command().debug_assert();
        }
    }
}
