//! What is shown of the vault key: how well it is protected, honestly.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::whole_seconds;
use crate::failure::chain;
use crate::key::tier;
use crate::private_file;

/// How the vault key is kept while the instance is off, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyTier {
    /// Sealed by the machine's TPM2.
    Tpm2,
    /// Sealed with the host key.
    HostKey,
    /// A plaintext file.
    Plaintext,
    /// Not known.
    Unknown,
}

/// The vault key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// The key file that the commands use.
    pub file: PathBuf,
    /// How it is kept.
    pub tier: KeyTier,
    /// What that protects against and what not, in one sentence.
    pub sentence: String,
    /// Since when it is sealed like this; `None` for a key that is not sealed.
    pub sealed_since: Option<Timestamp>,
    /// Whether a rotation of the key has begun and not ended.
    pub rotating: bool,
    /// Why the record of the tier cannot be read.
    pub problem: Option<String>,
    /// Whether a record says so, as the ladder leaves one.
    #[serde(skip)]
    pub on_record: bool,
    /// Whether there is no key file.
    #[serde(skip)]
    pub is_missing: bool,
}

impl KeyView {
    /// A key of which nothing is known but its place.
    pub fn unknown(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            tier: KeyTier::Unknown,
            sentence: "it is not on record how this key is kept while the instance is off".to_owned(),
            sealed_since: None,
            rotating: false,
            problem: None,
            on_record: false,
            is_missing: false,
        }
    }

    /// What is on record about the key in `file`.
    pub fn look(file: &Path) -> Self {
        let is_missing =
            file.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let unknown = Self { is_missing, ..Self::unknown(file) };
        match tier::read(&private_file::folder_of(file)) {
            Ok(Some(record)) => Self {
                tier: record.tier.into(),
                sentence: record.sentence,
                sealed_since: (record.tier != tier::Tier::Plaintext)
                    .then(|| whole_seconds(record.sealed_since)),
                rotating: record.rotating,
                on_record: true,
                ..unknown
            },
            // A key without a record is one that was made in its place.
            Ok(None) if file.exists() => Self {
                tier: KeyTier::Plaintext,
                sentence: tier::Tier::Plaintext.sentence().to_owned(),
                ..unknown
            },
            Ok(None) => unknown,
            Err(error) => Self { problem: Some(chain(&error)), ..unknown },
        }
    }
}

impl From<tier::Tier> for KeyTier {
    fn from(tier: tier::Tier) -> Self {
        match tier {
            tier::Tier::Tpm2 => Self::Tpm2,
            tier::Tier::HostKey => Self::HostKey,
            tier::Tier::Plaintext => Self::Plaintext,
        }
    }
}
