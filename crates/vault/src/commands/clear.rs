//! `remo-vault clear`: the broker forgets every secret.

use remo_wire::admin::{AdminRequest, DoneResponse};
use remo_wire::client::Client;

use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    let mut client = Client::connect(&locations.admin_socket)?;
    client.status()?;
    let DoneResponse { .. } = client.request(&AdminRequest::ClearCreds)?;
    output::line("the broker holds no secret any more")?;
    output::note("the watcher pushes nothing until you undo this with: remo-vault push");
    Ok(ExitStatus::Success)
}
