//! `remo-vault push`: the whole store to the broker, now.

use remo_wire::admin::PushResponse;
use remo_wire::client::Client;
use remo_wire::names::SecretName;

use super::{plural, source};
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::push;
use crate::pushed::{self, Contents, Pushed};
use crate::source::Reading;
use crate::watch::report::{self, Found, State};

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    let pushed = now(locations, &mut |remark| output::note(&format!("warning: {remark}")))?;
    output::line(&in_words(&pushed))?;
    Ok(ExitStatus::Success)
}

/// Pushes everything. `remark` is told what is left out before anything is sent.
pub(crate) fn now(locations: &Locations, remark: &mut dyn FnMut(&str)) -> Result<PushResponse, Failure> {
    let reading = source(locations).read_all()?;
    refuse_short(locations, &reading)?;
    let contents = Contents::of(&reading);
    let prepared = push::prepare(reading).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
    prepared.remarks.lines().for_each(&mut *remark);
    let mut client = Client::connect(&locations.admin_socket)?;
    // The first answer says which version the broker speaks.
    let instance_id = client.status()?.instance_id;
    let response: PushResponse = client.request(&prepared.unconditional())?;
    if let Some(problem) = note(locations, instance_id, response.generation, contents) {
        remark(&problem);
    }
    Ok(response)
}

/// Notes beside the store what the broker took; what stood in the way when that fails.
pub(crate) fn note(
    locations: &Locations,
    instance_id: String,
    generation: u64,
    contents: Contents,
) -> Option<String> {
    let place = pushed::path(locations.store_path());
    let written = Pushed { instance_id, generation, contents }.write(locations.store_path());
    written.err().map(|error| format!("pushed, but cannot note it in {}: {error}", place.display()))
}

/// Refuses to take secrets away from the broker while the watcher finds that the store is not whole: a file that is
/// half written looks like one from which secrets were removed.
pub(crate) fn refuse_short(locations: &Locations, reading: &Reading) -> Result<(), Failure> {
    let store = locations.store_path();
    let Ok(Found::Running(report)) = report::read(store) else { return Ok(()) };
    if report.state != State::StoreUnreadable {
        return Ok(());
    }
    let lacks =
        |name: &&SecretName| !reading.secrets.contains_key(*name) && !reading.faults.contains_key(*name);
    let short: Vec<_> = report.secrets.keys().filter(lacks).map(SecretName::as_str).collect();
    if short.is_empty() {
        return Ok(());
    }
    let store = store.display();
    Err(Failure::new(format!(
        "{store} is not whole at the moment, and this would take away: {}; nothing was pushed",
        short.join(", ")
    ))
    .hint(format!(
        "see who is writing to it: fuser -v {store}; or what the good copy has: remo-vault restore"
    )))
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
