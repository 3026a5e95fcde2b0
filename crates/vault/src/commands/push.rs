//! `remo-vault push`: the whole store to the broker, now.

use remo_wire::admin::PushResponse;
use remo_wire::client::Client;

use super::{plural, source};
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::push;

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    let pushed = now(locations, &mut |remark| output::note(&format!("warning: {remark}")))?;
    output::line(&in_words(&pushed))?;
    Ok(ExitStatus::Success)
}

/// Pushes everything. `remark` is told what is left out before anything is sent.
pub(crate) fn now(locations: &Locations, remark: &mut dyn FnMut(&str)) -> Result<PushResponse, Failure> {
    let reading = source(locations).read_all()?;
    let prepared = push::prepare(reading).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    prepared.remarks.lines().for_each(remark);
    let mut client = Client::connect(&locations.admin_socket)?;
    // The first answer says which version the broker speaks.
    client.status()?;
    Ok(client.request(&prepared.unconditional())?)
}

/// What a push came to.
pub(crate) fn in_words(pushed: &PushResponse) -> String {
    let count = pushed.secret_count;
    format!(
        "pushed {count} secret{}, generation {}",
        plural(usize::try_from(count).unwrap_or(usize::MAX)),
        pushed.generation
    )
}
