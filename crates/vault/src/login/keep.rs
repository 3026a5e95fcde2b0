//! Storing what a login brought: into the store, whichever kind it is, and into the records beside it.

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

use super::digest;
use super::record::{Record, Records};
use crate::cli::Locations;
use crate::commands;
use crate::failure::Failure;
use crate::output;
use crate::source::Reading;
use crate::store::Change;

/// Where a login ends.
#[derive(Debug)]
pub(super) struct Vault<'a> {
    locations: &'a Locations,
    pub(super) records: Records,
}

impl<'a> Vault<'a> {
    pub(super) fn new(locations: &'a Locations) -> Self {
        let records = Records::beside(locations.store_path(), &locations.key_file);
        Self { locations, records }
    }

    /// Fails when nothing could be stored: before a person logs in, not afterwards. What can only be known by trying, a
    /// lock and a file in the folder, is tried.
    pub(super) fn check(&self) -> Result<(), Failure> {
        crate::key::VaultKey::load(&self.locations.key_file)?;
        commands::stored(self.locations)?;
        commands::store(self.locations).check_writable(&mut note_waiting)?;
        self.records.check_writable(&mut note_waiting)?;
        Ok(())
    }

    /// Stores `value` of a new login in the place of whatever the store holds, and remembers `record`. When the store
    /// does not take it, all is as it was before, the record of an earlier login too.
    pub(super) fn keep_new(
        &self,
        name: &SecretName,
        value: &PushedSecret,
        mut record: Record,
    ) -> Result<(Change, Record), Failure> {
        let before = self.records.read()?.remove(name);
        if let Some(before) = &before {
            // Until the store has the new value, and should this end in between, it is the earlier login's.
            let stored = commands::stored(self.locations)?;
            let held = stored.secrets.get(name).map(|entry| digest::of(&entry.value));
            record.digests.extend(held.filter(|held| before.digests.contains(held)));
        }
        match self.keep(name, value, &record, |_| Ok(())) {
            Ok(change) => Ok((change, record)),
            Err(failure) => {
                if self.lacks(name, value) {
                    // The failure to report is the first one; with the digest above the record is not wrong.
                    let _ = match &before {
                        Some(before) => self.records.put(name, before, &mut note_waiting),
                        None => self.records.remove(name, &mut note_waiting).map(drop),
                    };
                }
                Err(failure)
            }
        }
    }

    /// Whether the store is known not to hold `value`.
    fn lacks(&self, name: &SecretName, value: &PushedSecret) -> bool {
        commands::stored(self.locations).is_ok_and(|reading| {
            !reading.faults.contains_key(name)
                && reading.secrets.get(name).is_none_or(|entry| digest::of(&entry.value) != digest::of(value))
        })
    }

    /// Stores `value`, if `fits` has nothing against what the store holds, and remembers `record`. The record goes first:
    /// with it, a tool whose refresh token was just replaced can go on whatever happens to the store.
    pub(super) fn keep(
        &self,
        name: &SecretName,
        value: &PushedSecret,
        record: &Record,
        fits: impl FnOnce(&Reading) -> Result<(), Failure>,
    ) -> Result<Change, Failure> {
        self.records.put(name, record, &mut note_waiting)?;
        commands::store_secret_if(self.locations, name, value, fits)
    }
}

/// What is said when another writer takes its time.
pub(super) fn note_waiting() {
    output::note("waiting for another program that is writing to the vault…");
}
