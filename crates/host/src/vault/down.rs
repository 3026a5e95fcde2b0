//! `remo vault down`: stops the container. Container, volume and network stay.

use remo_wire::names::VAULT_NAME;

use crate::containers::Store;
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;

/// Stops it.
pub fn down(places: &Places) -> Result<ExitStatus, Failure> {
    let store = Store::open(&places.state)?;
    let claim = store.claim(VAULT_NAME)?;
    if claim.is_none() {
        return Err(Failure::new("the vault is being started or stopped already").hint("wait for it"));
    }
    let engine = Engine::new(places)?;
    let found = match store.read(VAULT_NAME)?.container {
        Some(container) => engine.inspect(&container.id)?,
        None => None,
    };
    let Some(found) = found.filter(|found| found.state.running) else {
        output::note("the vault does not run");
        return Ok(ExitStatus::Success);
    };
    let _ = engine
        .ask(&["container", "stop", &found.id])
        .map_err(|complaint| Failure::new(format!("the vault does not stop: {complaint}")))?;
    output::note("the vault is stopped; the broker keeps what it has. Start it: remo vault up");
    Ok(ExitStatus::Success)
}
