//! `remo-vault key rotate`: a new key in the place of the present one.

use super::the_store::TheStore;
use crate::cli::{Locations, RotateArguments};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::rotation::rotate_plaintext;
use crate::output;

pub(super) fn run(locations: &Locations, arguments: &RotateArguments) -> Result<ExitStatus, Failure> {
    let mut store = TheStore::new(locations);
    let rotated = match arguments.ladder.ladder(locations, None) {
        Some(ladder) => ladder.rotate(&mut store).map(|unsealed| {
            (
                unsealed.record.recipient,
                format!(": {}, in {}", unsealed.record.tier, ladder.sealed_dir.display()),
            )
        }),
        None => rotate_plaintext(&locations.key_file, &mut store, &mut note_rotating)
            .map(|key| (key.recipient(), String::new())),
    };
    let (recipient, place) = rotated.inspect_err(|_| {
        if store.begun {
            output::note(
                "note: the rotation has begun and not ended; nothing is lost, both keys open the store until \
                 remo-vault key rotate succeeds",
            );
        }
    })?;
    output::note(&format!("the vault key is a new one{place}"));
    output::note(if store.skipped.is_empty() {
        "note: the old key opens nothing in the store's folder now, but it does open older backups; the credentials \
         are the same as before, and what leaked has to be revoked where it was issued"
    } else {
        "note: what is named above as not looked at may still open with the old key, as older backups do; the \
         credentials are the same as before, and what leaked has to be revoked where it was issued"
    });
    output::line(&recipient)?;
    Ok(ExitStatus::Success)
}

/// What a rotation says while another one goes on.
pub(super) fn note_rotating() {
    output::note("waiting for another program that holds the folder of the key…");
}
