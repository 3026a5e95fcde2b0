//! `remo-vault push`: the whole store to the broker, now.

use remo_wire::admin::PushResponse;
use remo_wire::client::Client;

use super::source;
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::{output, push};

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    let reading = source(locations).read_all()?;
    let prepared = push::prepare(reading).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    for remark in prepared.remarks.lines() {
        output::note(&format!("warning: {remark}"));
    }
    let mut client = Client::connect(&locations.admin_socket)?;
    // The first answer says which version the broker speaks.
    client.status()?;
    let pushed: PushResponse = client.request(&prepared.unconditional())?;
    output::line(&format!(
        "pushed {} secret{}, generation {}",
        pushed.secret_count,
        if pushed.secret_count == 1 { "" } else { "s" },
        pushed.generation
    ))?;
    Ok(ExitStatus::Success)
}
