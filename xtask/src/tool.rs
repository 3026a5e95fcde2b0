//! Tools that the tasks need and that Cargo can build, in pinned versions below the target directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{cargo, console};

/// A tool out of the package registry.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its package.
    pub(crate) package: &'static str,
    /// Its program.
    pub(crate) program: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
}

/// Where the tool is; builds and installs it when it is not there in this version.
///
/// Without optimisation: that takes a fraction of the time, and what these tools do is quick either way.
pub(crate) fn ensure(workspace: &Workspace, tool: &Tool) -> Result<PathBuf, Failure> {
    let program = workspace.tools().join("bin").join(tool.program);
    if has_version(&program, tool.version) {
        return Ok(program);
    }
    console::say(&format!(
        "installing {} {} into {}, once; takes minutes",
        tool.package,
        tool.version,
        workspace.tools().display()
    ));
    cargo::run(
        cargo::command(workspace.root())
            .args(["install", "--quiet", "--locked", "--debug", "--version", tool.version, "--root"])
            .arg(workspace.tools())
            .arg(tool.package)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    Ok(program)
}

/// Whether `program` runs and says that it is of this version.
pub(crate) fn has_version(program: &Path, version: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == version)
    })
}
