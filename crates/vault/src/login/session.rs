//! Refreshing several logins one after another.

use remo_wire::names::SecretName;

use super::flow::{self, Refreshed};
use super::keep::{Vault, note_waiting};
use super::recipe::Recipe;
use super::settings::Settings;
use super::stop::Stop;
use crate::cli::Locations;
use crate::commands;
use crate::failure::Failure;

/// Refreshes logins until a signal comes.
#[derive(Debug)]
pub struct RefreshSession<'a> {
    locations: &'a Locations,
    settings: &'a Settings,
    stop: Stop,
}

impl<'a> RefreshSession<'a> {
    /// Catches signals from here on.
    pub fn begin(locations: &'a Locations, settings: &'a Settings) -> Result<Self, Failure> {
        Ok(Self { locations, settings, stop: Stop::catch()? })
    }

    /// Renews the login of `name`.
    pub fn refresh(&mut self, recipe: &Recipe, name: &SecretName) -> Result<Refreshed, Failure> {
        let mut records = Vault::new(self.locations).records.read()?;
        let record = records
            .remove(name)
            .ok_or_else(|| Failure::new(format!("the login of {name} was forgotten meanwhile")))?;
        flow::refresh(recipe, name, &record, self.locations, self.settings, &self.stop)
    }

    /// Whether a signal came.
    pub fn interrupted(&self) -> bool {
        self.stop.asked()
    }
}

/// Forgets what is remembered of the login of `name`. Whether the secret is still stored; `None` when that cannot be
/// told.
pub fn forget(locations: &Locations, name: &SecretName) -> Result<Option<bool>, Failure> {
    let records = Vault::new(locations).records;
    if records.remove(name, &mut note_waiting)? {
        let stored = commands::stored(locations).ok();
        Ok(stored.map(|it| it.secrets.contains_key(name) || it.faults.contains_key(name)))
    } else {
        Err(Failure::new(format!("there is no login of {name}"))
            .hint("see which logins there are: remo-login status"))
    }
}
