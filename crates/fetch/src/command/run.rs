//! Without a command: inject once, for the start of a container.

use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker, Injection, Occupied, RETIREMENT, Roots};
use crate::pause::rest;
use crate::report;
use crate::settings::Settings;
use crate::storage::Storage;
use crate::vend::{Broker, Vended, fetch_required};

pub(super) fn run(settings: &Settings) -> Result<ExitStatus, Failure> {
    // The place comes first: without one there is no reason to ask for a secret, and those who wait for this
    // run look there for its end.
    Roots::refuse_foreign_home(settings)?;
    let storage = Storage::open(&settings.secrets_dir)?;
    // Whoever finds a run going on waits for it. Two runs at once do no harm: each brings in a whole set.
    let _turn = storage.take_turn()?;
    let retire = inject(settings, &storage)?.replaced;
    if retire {
        rest(RETIREMENT);
        injection::remove_retired(&storage)?;
    }
    Ok(ExitStatus::Success)
}

/// What a run brought in.
pub(super) struct Run {
    /// What was vended.
    pub(super) vended: Vended,
    /// Whether a set was replaced, which is to be removed after [`RETIREMENT`].
    pub(super) replaced: bool,
}

/// Fetches and injects all or nothing, and leaves word of a failure for those who wait.
pub(super) fn inject(settings: &Settings, storage: &Storage) -> Result<Run, Failure> {
    FailedMarker::clear(storage)?;
    fetch_and_inject(settings, storage).inspect_err(|failure| {
        if let Err(marker) = FailedMarker::leave(storage, failure) {
            report::failure(&marker);
        }
    })
}

fn fetch_and_inject(settings: &Settings, storage: &Storage) -> Result<Run, Failure> {
    let broker = Broker::new(settings);
    let mut vended = fetch_required(&broker, settings.timeout)?;
    storage.claim(&vended.project)?;
    let mut injection = Injection::new(storage, settings, vended.project.clone());
    let injected = if let Some(injected) = injection.inject_unless_overtaken(&vended, Occupied::Fail)? {
        injected
    } else {
        vended = fetch_required(&broker, settings.timeout)?;
        injection.inject(&vended, Occupied::Fail)?
    };
    super::note_left_out(&vended.plan);
    report::note(format_args!(
        "{}: {} in the environment, {} as files{}",
        vended.project,
        vended.plan.variables.len(),
        vended.plan.files.len(),
        super::by_helpers(&vended.plan)
    ));
    Ok(Run { vended, replaced: injected.replaced })
}
