//! What is shown of the vault key: how well it is protected, honestly.

use std::path::{Path, PathBuf};

use serde::Serialize;

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
}

impl KeyView {
    /// A key of which nothing is known but its place.
    pub fn unknown(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            tier: KeyTier::Unknown,
            sentence: "It is not on record how this key is kept while the instance is off.".to_owned(),
        }
    }
}
