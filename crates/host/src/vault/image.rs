//! `remo vault build`: the image, out of the context that the packages bring.

use std::path::Path;
use std::process::Stdio;

use super::{IMAGE, world};
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::launch::progress;
use crate::output;
use crate::places::Places;

/// How it is built.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The Debian that it is built on; what the context names when there is none.
    pub base: Option<&'a str>,
    /// The context.
    pub context: &'a Path,
    /// Without a network: the base has everything, or the context brings it along.
    pub offline: bool,
}

/// Builds it.
pub fn build(places: &Places, options: &Options<'_>) -> Result<ExitStatus, Failure> {
    let engine = Engine::new(places)?;
    if !options.context.join("Dockerfile").is_file() {
        return Err(Failure::new(format!(
            "{} is no context of the vault's image",
            options.context.display()
        ))
        .hint("install it, or name it with --context DIR"));
    }
    if places.is_of_a_project(options.context) {
        return Err(Failure::usage("a container could have written that context")
            .hint("take one outside of all projects"));
    }
    let (user, group) = world::owner(places)?;
    let mut command = engine.command();
    command.args(["image", "build", "--tag", IMAGE]);
    command.args(["--build-arg", &format!("VAULT_UID={user}"), "--build-arg", &format!("VAULT_GID={group}")]);
    if let Some(base) = options.base {
        command.args(["--build-arg", &format!("BASE={base}")]);
    }
    if options.offline {
        command.args(["--network", "none"]);
    }
    command.arg("--").arg(options.context).stdin(Stdio::null());
    crate::containers::make_private(&places.state)
        .map_err(|error| Failure::at("use the state folder", &places.state, &error))?;
    let path = places.state.join("_remo-vault.build.log");
    let mut log = progress::open_log(&path).map_err(|error| Failure::at("write the log", &path, &error))?;
    let failed = |error: &std::io::Error| Failure::at("run", engine.program(), error);
    // One stream for both: what is said last is what went wrong.
    let (reader, writer) = std::io::pipe().map_err(|error| failed(&error))?;
    let mut child = command
        .stdout(writer.try_clone().map_err(|error| failed(&error))?)
        .stderr(writer)
        .spawn()
        .map_err(|error| failed(&error))?;
    // The command holds the writing end, which has to end with the program.
    drop(command);
    let last = progress::follow(reader, "building the vault's image", &mut log);
    let status = child.wait().map_err(|error| failed(&error))?;
    if !status.success() {
        return Err(Failure::new(format!(
            "the image was not built: {}",
            last.last().map_or("docker said nothing", String::as_str)
        ))
        .hint(format!("all that was said: {}; without a network: --base IMAGE --offline", path.display())));
    }
    for line in last.iter().filter(|line| line.contains("LEFT OUT")) {
        output::note(line);
    }
    output::note(&format!("built {IMAGE}; make or replace the vault: remo vault up"));
    Ok(ExitStatus::Success)
}
