//! Shells and commands on the host, for projects that a person approved for that.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use crate::exit::{ExitStatus, of_program};
use crate::failure::Failure;
use crate::places::Places;
use crate::project::Project;

/// The shell of somebody who has named none.
const USUAL_SHELL: &str = "/bin/sh";

/// Opens a shell of the person in the project's folder, or runs a command there; how that ended.
pub fn enter(places: &Places, project: &Project, command: Option<&OsStr>) -> Result<ExitStatus, Failure> {
    let shell = places
        .variable("SHELL")
        .map(PathBuf::from)
        .filter(|shell| shell.is_absolute() && shell.is_file() && !places.is_of_a_project(shell))
        .unwrap_or_else(|| USUAL_SHELL.into());
    let mut call = Command::new(&shell);
    match command {
        Some(command) => call.arg("-lc").arg(command),
        None => call.arg("-l"),
    };
    let status = call
        .current_dir(&project.path)
        .env("REMO_INSTANCE", places.instance())
        .env("REMO_PROJECT", &project.name)
        .status()
        .map_err(|error| Failure::at("run", &shell, &error))?;
    Ok(of_program(status))
}
