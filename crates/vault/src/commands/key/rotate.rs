//! `remo-vault key rotate`: a new key in the place of the present one.

use std::path::Path;

use super::store_owner;
use crate::cli::{Locations, RotateArguments, SourceKind};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::rotation::{StoreWork, rotate_plaintext};
use crate::output;

pub(super) fn run(locations: &Locations, arguments: &RotateArguments) -> Result<ExitStatus, Failure> {
    let mut store = TheStore { locations, begun: false };
    let rotated = match arguments.ladder.ladder(locations, None) {
        Some(ladder) => ladder.rotate(&mut store).map(|unsealed| {
            (
                unsealed.record.recipient,
                format!(": {}, in {}", unsealed.record.tier, ladder.sealed_dir.display()),
            )
        }),
        None => rotate_plaintext(&locations.key_file, &mut store).map(|key| (key.recipient(), String::new())),
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
    output::note(
        "note: the old key opens no file beside the store any more, but it does open older backups; the credentials \
         are the same as before, and what leaked has to be revoked where it was issued",
    );
    output::line(&recipient)?;
    Ok(ExitStatus::Success)
}

/// The store of the command line, worked on by its owner.
struct TheStore<'l> {
    locations: &'l Locations,
    /// Whether there are two keys by now.
    begun: bool,
}

impl StoreWork<Failure> for TheStore<'_> {
    fn check(&mut self, key_file: &Path) -> Result<(), Failure> {
        let listing = store_owner::run(self.locations, key_file, &["list", "--json"])?
            .ok_or_else(|| no_store(self.locations))?;
        if !listing.status.success() {
            return Err(store_owner::complaint(&listing));
        }
        let faults = store_owner::faults(&listing);
        // A fault of the embedded store is inside what opened: it is sealed anew as it is.
        if faults.is_empty() || self.locations.source_kind() == SourceKind::Embedded {
            return Ok(());
        }
        Err(Failure::new(format!(
            "not everything in the store opens, and what does not would be lost: {}",
            faults.join(", ")
        ))
        .hint("see why with: remo-vault list; then store it again (remo-vault set NAME) or remove it"))
    }

    fn reseal(&mut self, key_file: &Path) -> Result<(), Failure> {
        self.begun = true;
        let resealed = store_owner::run(self.locations, key_file, &["key", "reseal"])?
            .ok_or_else(|| no_store(self.locations))?;
        if !resealed.status.success() {
            return Err(store_owner::complaint(&resealed));
        }
        for line in String::from_utf8_lossy(&resealed.stdout).lines() {
            output::note(line);
        }
        Ok(())
    }
}

fn no_store(locations: &Locations) -> Failure {
    Failure::new(format!(
        "there is no store {}; a store elsewhere would be left under a key that is gone",
        locations.store_path().display()
    ))
    .hint(
        "name the store with --store FILE (on the instance it is in the volume of the vault: docker volume inspect \
         remo-vault)",
    )
}
