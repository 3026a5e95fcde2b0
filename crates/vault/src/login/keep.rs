//! Storing what a login brought: into the store, whichever kind it is, and into the records beside it.

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

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

    /// Fails when nothing could be stored: before a person logs in, not afterwards.
    pub(super) fn check(&self) -> Result<(), Failure> {
        crate::key::VaultKey::load(&self.locations.key_file)?;
        self.records.read()?;
        commands::stored(self.locations)?;
        Ok(())
    }

    /// Stores `value`, if `fits` has nothing against what the store holds, and remembers `record`. The record goes first: with it, a tool whose refresh token was just
    /// replaced can go on whatever happens to the store.
    pub(super) fn keep(
        &self,
        name: &SecretName,
        value: &PushedSecret,
        record: &Record,
        fits: impl FnOnce(&Reading) -> Result<(), Failure>,
    ) -> Result<Change, Failure> {
        self.records.put(name, record, &mut || {
            output::note("waiting for another remo-login that is writing…");
        })?;
        commands::store_secret_if(self.locations, name, value, fits)
    }
}
