//! The volume and the network of the vault: made once, checked each time.

use super::NAME;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::network::VAULT_BRIDGE;

/// Makes the volume unless it is there. It is never removed here.
pub fn volume(engine: &Engine<'_>) -> Result<(), Failure> {
    let failed = |complaint: String| Failure::new(format!("docker: {complaint}"));
    let _ = engine
        .ask(&["volume", "create", "--driver", "local", "--label", "remo.vault=volume", NAME])
        .map_err(failed)?;
    let found = engine
        .ask(&["volume", "inspect", "--format", "{{.Driver}} {{json .Options}}", NAME])
        .map_err(failed)?;
    match found.trim() {
        "local null" | "local {}" => Ok(()),
        other => Err(Failure::new(format!("the volume {NAME} is not a plain one of this host: {other}"))
            .hint("move what is in it to a plain one of that name: docs/guides/vault.md")),
    }
}

/// Makes the network unless it is there.
///
/// A bridge of its own: the engine lets nothing from another bridge in, nor do the rules of `remo network`, which know it
/// by the name of its interface. No port is published.
pub fn network(engine: &Engine<'_>) -> Result<(), Failure> {
    let failed = |complaint: String| Failure::new(format!("docker: {complaint}"));
    let inspect =
        || engine.ask(&["network", "inspect", "--format", "{{.Driver}} {{json .Containers}}", NAME]);
    let found = match inspect() {
        Ok(found) => found,
        Err(complaint) if complaint.to_lowercase().contains("no such network") => {
            let _ = engine
                .ask(&[
                    "network",
                    "create",
                    "--driver",
                    "bridge",
                    "--opt",
                    "com.docker.network.bridge.enable_icc=false",
                    "--opt",
                    &format!("com.docker.network.bridge.name={VAULT_BRIDGE}"),
                    "--label",
                    "remo.vault=network",
                    NAME,
                ])
                .map_err(failed)?;
            inspect().map_err(failed)?
        }
        Err(complaint) => return Err(failed(complaint)),
    };
    match found.trim().split_once(' ') {
        Some(("bridge", _)) => Ok(()),
        _ => Err(Failure::new(format!("the network {NAME} is no bridge of its own"))
            .hint(format!("remove it, it is made again: docker network rm {NAME}"))),
    }
}
