//! The store of the command line during a rotation, worked on by its owner.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::store_owner;
use crate::cli::{Locations, SourceKind};
use crate::failure::Failure;
use crate::key::rotation::StoreWork;
use crate::output;
use crate::reseal::{NOT_LOOKED_AT, SEALED_ANEW, fnox_writing_to};
use crate::store::wait_until;

/// How often the store is sealed anew before somebody is found to put the old key's ciphertext back each time.
const PASSES_MAX: u32 = 10;

/// The store of the command line.
pub(super) struct TheStore<'l> {
    locations: &'l Locations,
    /// Whether there are two keys by now.
    pub(super) begun: bool,
    /// What was not looked at, as it was said.
    pub(super) skipped: BTreeSet<String>,
}

impl<'l> TheStore<'l> {
    pub(super) fn new(locations: &'l Locations) -> Self {
        Self { locations, begun: false, skipped: BTreeSet::new() }
    }

    fn run(&self, key_file: &Path, arguments: &[&str]) -> Result<std::process::Output, Failure> {
        store_owner::run(self.locations, key_file, arguments)?.ok_or_else(|| no_store(self.locations))
    }

    /// Waits until no fnox is seen that could write what it read before.
    fn wait_for_fnox(&self) -> Result<(), Failure> {
        if self.locations.source_kind() != SourceKind::Fnox {
            return Ok(());
        }
        let store = self.locations.store_path();
        let mut seen = None;
        let waited =
            wait_until(&mut || output::note("waiting for a fnox that works with the store…"), || {
                seen = fnox_writing_to(store);
                Ok(seen.is_none())
            });
        waited.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Failure::new(format!(
                "fnox (process {}) works with {} and may write back what it read under the key of then",
                seen.unwrap_or_default(),
                store.display()
            ))
            .hint("end it, then: remo-vault key rotate"),
            _ => Failure::new(format!("cannot wait for fnox: {error}")),
        })
    }
}

impl StoreWork<Failure> for TheStore<'_> {
    fn check(&mut self, key_file: &Path) -> Result<(), Failure> {
        self.begun = false;
        let listing = self.run(key_file, &["list", "--json"])?;
        if !listing.status.success() {
            return Err(store_owner::complaint(&listing));
        }
        let faults = store_owner::faults(&listing);
        // A fault of the embedded store is inside what opened: it is sealed anew as it is.
        if !faults.is_empty() && self.locations.source_kind() != SourceKind::Embedded {
            return Err(Failure::new(format!(
                "not everything in the store opens, and what does not would be lost: {}",
                faults.join(", ")
            ))
            .hint("see why with: remo-vault list; then store it again (remo-vault set NAME) or remove it"));
        }
        self.wait_for_fnox()
    }

    fn needs_no_other(&mut self, key_file: &Path) -> Result<(), Failure> {
        let checked = self.run(key_file, &["key", "reseal", "--check"])?;
        if checked.status.success() {
            return Ok(());
        }
        let (problem, _) = store_owner::complaint(&checked).into_parts();
        Err(Failure::new(format!(
            "the key of the rotation that was begun does not open on this machine any more, and something may be \
             under it: {problem}"
        ))
        .hint(
            "bring back what sealed that key; or move away what it names, and store again what is in it: \
             docs/guides/key-rotation.md",
        ))
    }

    fn reseal(&mut self, key_file: &Path) -> Result<(), Failure> {
        self.begun = true;
        for _ in 0..PASSES_MAX {
            // What read the store before the last pass, and writes it back, has done so when it is not seen any more.
            self.wait_for_fnox()?;
            let resealed = self.run(key_file, &["key", "reseal"])?;
            if !resealed.status.success() {
                return Err(store_owner::complaint(&resealed));
            }
            let mut anything = false;
            for line in String::from_utf8_lossy(&resealed.stdout).lines() {
                anything |= line.starts_with(SEALED_ANEW);
                let unseen = line.starts_with(NOT_LOOKED_AT);
                // Once, whatever the number of passes.
                if !unseen || self.skipped.insert(line.to_owned()) {
                    output::note(line);
                }
            }
            if !anything {
                return Ok(());
            }
        }
        Err(Failure::new(format!(
            "{} is put back under the old key again and again",
            self.locations.store_path().display()
        ))
        .hint("stop what writes to it, then: remo-vault key rotate"))
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
