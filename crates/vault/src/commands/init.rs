//! `remo-vault init`: an empty fnox store.

use super::{note_waiting, store};
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::store::AnyStore;

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    let AnyStore::Fnox(store) = store(locations) else {
        return Err(Failure::usage("the embedded store needs no preparation")
            .hint("store a first secret with: remo-vault set NAME"));
    };
    let path = store.path().display();
    output::note(&if store.initialise(&mut note_waiting)? {
        format!("made an empty store: {path}\nhint: to use fnox on it: eval \"$(remo-vault env)\"")
    } else {
        format!("the store is there: {path}")
    });
    Ok(ExitStatus::Success)
}
