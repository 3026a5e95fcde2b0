//! Making, sealing and unsealing the vault key.

use std::path::PathBuf;

use remo_secret::Secret;

use super::atomic::Owner;
use super::creds::Creds;
use super::runtime_dir::{self, RuntimeDir};
use super::sealed_dir::{SealedDir, SealedKey, Settings, Slot};
use super::tier::{Tier, TierRecord};
use super::{LadderError, VaultKey};
use crate::failure::chain;

/// Where the ladder stands, and what it may use.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The folder of the sealed key.
    pub sealed_dir: PathBuf,
    /// The folder of the unsealed key.
    pub runtime_dir: PathBuf,
    /// User and group of the unsealed key; as recorded when `None`.
    pub owner: Option<Owner>,
    /// The TPM2 as systemd names devices; as recorded, or as systemd finds it, when `None`.
    pub tpm2_device: Option<String>,
    /// Whether a TPM2 may seal.
    pub use_tpm2: bool,
}

/// How a key came to be in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was sealed already.
    Present,
    /// It lay unsealed in the runtime folder, sealed nowhere.
    Found,
    /// It was given.
    Imported,
    /// It was made.
    Made,
}

/// A sealed key that was opened.
#[derive(Debug)]
pub struct Unsealed {
    /// The key, with the one that retires while a rotation is under way.
    pub key: VaultKey,
    /// What is published about it.
    pub record: TierRecord,
    /// Why the key of a rotation that has not ended does not open, when it does not; the present one is alone then.
    pub closed_next: Option<LadderError>,
}

impl Ladder {
    /// Sees to it that there is a sealed key, and unseals it. Nothing is sealed anew while there is one.
    ///
    /// `may_make` is asked right before a new key is made; `import` is sealed in its place.
    pub fn ensure<E: From<LadderError>>(
        &self,
        allow_plaintext: bool,
        import: Option<&Secret>,
        may_make: impl FnOnce() -> Result<(), E>,
    ) -> Result<(Origin, Unsealed), E> {
        // Before anything is made: where could the key go?
        let runtime = RuntimeDir::prepare(&self.runtime_dir)?;
        let imported = import.map(parse_import).transpose()?;
        let sealed = SealedDir::lock(&self.sealed_dir)?;
        let settings = self.settings(&sealed)?;
        let origin = if let Some(present) = sealed.key(Slot::Current)? {
            if let Some(imported) = imported
                && !open(&sealed, &settings)?.key.opens_what(&imported)
            {
                return Err(LadderError::AnotherKey { path: present.path }.into());
            }
            Origin::Present
        } else {
            let (origin, key) = match (imported, runtime_dir::peek(&self.runtime_dir)) {
                (Some(key), _) => (Origin::Imported, key),
                (None, Some(key)) => (Origin::Found, key),
                (None, None) => {
                    may_make()?;
                    (Origin::Made, VaultKey::generate())
                }
            };
            let tier = self.best_tier(&settings, allow_plaintext)?;
            // Two keys are those of a rotation that has not ended: the store may need either. The next one first, as
            // without the current one this begins again.
            let (first, retiring) = key.apart();
            let current = if let Some(retiring) = retiring {
                sealed.seal(Slot::Next, &first, tier, &creds(&settings))?;
                retiring
            } else {
                first
            };
            sealed.seal(Slot::Current, &current, tier, &creds(&settings))?;
            origin
        };
        Ok((origin, publish(&sealed, &settings, &runtime)?))
    }

    /// Unseals the key into the runtime folder: what happens at boot.
    pub fn unseal(&self) -> Result<Unsealed, LadderError> {
        let runtime = RuntimeDir::prepare(&self.runtime_dir)?;
        if !self.sealed_dir.is_dir() {
            return Err(LadderError::NoKey { path: self.sealed_dir.clone() });
        }
        let sealed = SealedDir::lock(&self.sealed_dir)?;
        let settings = self.settings(&sealed)?;
        publish(&sealed, &settings, &runtime)
    }

    /// What holds from now on: what was recorded, but for what this ladder was told.
    pub fn settings(&self, sealed: &SealedDir) -> Result<Settings, LadderError> {
        let recorded = sealed.settings()?;
        Ok(Settings {
            owner: self.owner.or(recorded.owner),
            tpm2_device: self.tpm2_device.clone().or(recorded.tpm2_device),
        })
    }

    /// The best tier that this machine has.
    pub fn best_tier(&self, settings: &Settings, allow_plaintext: bool) -> Result<Tier, LadderError> {
        let has_tpm2 = || if self.use_tpm2 { creds(settings).has_tpm2() } else { Ok(false) };
        match Creds::check_version().and_then(|_| has_tpm2()) {
            Ok(true) => Ok(Tier::Tpm2),
            Ok(false) => Ok(Tier::HostKey),
            Err(_) if allow_plaintext => Ok(Tier::Plaintext),
            Err(error) => Err(LadderError::OnlyPlaintext { reasons: vec![chain(&error)] }),
        }
    }
}

/// Opens what is sealed, and puts it into the runtime folder.
pub(super) fn publish(
    sealed: &SealedDir,
    settings: &Settings,
    runtime: &RuntimeDir,
) -> Result<Unsealed, LadderError> {
    let mut unsealed = open(sealed, settings)?;
    if unsealed.closed_next.is_some()
        && let Some(both) = runtime.pair_with(&unsealed.key)
    {
        // Memory has what cannot be unsealed: it stays.
        unsealed.record.recipient = both.recipient();
        unsealed.key = both;
    }
    sealed.tidy()?;
    sealed.record(settings)?;
    runtime.publish(&unsealed.key, &unsealed.record, settings.owner)?;
    Ok(unsealed)
}

/// Opens the sealed key, and the one that is to take its place where that can be opened.
pub fn open(sealed: &SealedDir, settings: &Settings) -> Result<Unsealed, LadderError> {
    let creds = creds(settings);
    let no_key = || LadderError::NoKey { path: sealed.path().to_owned() };
    let current = sealed.key(Slot::Current)?.ok_or_else(no_key)?;
    let key = current.open(&creds)?;
    let Some(next) = sealed.key(Slot::Next)? else {
        return Ok(Unsealed { record: record(&current, &key, false), key, closed_next: None });
    };
    let (key, closed_next) = match next.open(&creds) {
        Ok(next) => (next.in_place_of(key), None),
        // The present key is not lost with the next one.
        Err(error) => (key, Some(error)),
    };
    Ok(Unsealed { record: record(&current, &key, true), key, closed_next })
}

/// The public record of `key`, which is kept as `sealed` says.
fn record(sealed: &SealedKey, key: &VaultKey, rotating: bool) -> TierRecord {
    // What was opened is of a known tier.
    let tier = sealed.tier.unwrap_or(Tier::Plaintext);
    TierRecord {
        tier,
        sentence: tier.sentence().to_owned(),
        recipient: key.recipient(),
        sealed_since: sealed.since,
        rotating,
    }
}

pub(super) fn creds(settings: &Settings) -> Creds {
    Creds { tpm2_device: settings.tpm2_device.clone() }
}

fn parse_import(content: &Secret) -> Result<VaultKey, LadderError> {
    VaultKey::from_text(content)
        .map_err(|_| LadderError::NotAKey { place: "what came by standard input".to_owned() })
}
