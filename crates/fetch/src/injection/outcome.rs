//! The marker of a run that failed, for those who wait for it.

use serde::{Deserialize, Serialize};

use super::set;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::storage::{Instance, Storage};

/// Name of the marker, in the storage.
const FAILED: &str = "failed";

/// Name of the file that says that a hook has reported the failure.
const PASSED_ON: &str = "passed-on";

/// Why the last run failed, and in which start of the container.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FailedMarker {
    /// The start of the container.
    #[serde(flatten)]
    pub instance: Instance,
    /// What the run said.
    pub message: String,
}

impl FailedMarker {
    /// Leaves the marker. Where there is no room for it, the set in force is at least not taken for the outcome
    /// of this run any more, which makes a little room.
    pub(crate) fn leave(storage: &Storage, failure: &Failure) -> Result<(), Failure> {
        let marker = Self { instance: storage.instance().clone(), message: failure.to_string() };
        let text =
            serde_json::to_vec(&marker).map_err(|error| Failure::internal("describe the failure", &error))?;
        storage.write(FAILED, &text).or_else(|_| {
            set::withdraw_ready(storage)?;
            storage.write(FAILED, &text)
        })
    }

    /// Takes the marker away.
    pub(crate) fn clear(storage: &Storage) -> Result<(), Failure> {
        storage.remove(PASSED_ON)?;
        storage.remove(FAILED)
    }

    /// Says that a person has been told of the failure. Where that does not work, an entrypoint stays a little
    /// longer than it needs.
    pub(crate) fn pass_on(settings: &Settings) {
        if let Ok(Some(storage)) = Storage::open_existing(&settings.secrets_dir) {
            let _ = storage.write(PASSED_ON, b"");
        }
    }

    /// Whether a person has been told.
    pub(crate) fn was_passed_on(storage: &Storage) -> bool {
        storage.read(PASSED_ON).is_ok_and(|found| found.is_some())
    }

    /// The marker that was left in this start of the container.
    pub(crate) fn find(storage: &Storage) -> Result<Option<Self>, Failure> {
        let marker: Option<Self> = storage.read(FAILED)?.and_then(|text| serde_json::from_slice(&text).ok());
        Ok(marker.filter(|marker| storage.instance().same(&marker.instance)))
    }
}
