//! The image that a configuration names, fetched where the person sees how far it is: the tooling does it in silence.

use std::process::Stdio;

use super::configuration::Configuration;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output;

/// Fetches the image unless it is here. What a Dockerfile or a Compose file names is fetched, and shown, by a build.
pub fn fetch(engine: &Engine<'_>, name: &str, configuration: &Configuration) -> Result<(), Failure> {
    let Some(image) = configuration.image() else { return Ok(()) };
    if engine.ask(&["image", "inspect", "--format", "{{.Id}}", "--", image]).is_ok() {
        return Ok(());
    }
    output::note(&format!("{name}: fetching its image {image}"));
    let status = engine
        .command()
        .args(["pull", "--", image])
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| Failure::at("run", engine.program(), &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{name} was not started: its image {image} cannot be fetched"))
        .hint("see what the lines above say; a login is made with: docker login REGISTRY"))
}
