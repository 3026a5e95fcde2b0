//! The steps of the key ladder, and the public record of the one in force.
//!
//! The record lies beside the unsealed key, is mounted into the vault with it and may be read by everybody there:
//! it says how well the key is protected, and nothing secret.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// Name of the record in the folder of the unsealed key.
pub const TIER_FILE: &str = "tier.json";

/// A record is a few lines; what is larger is something else.
const RECORD_MAX: u64 = 64 * 1024;

/// How the vault key is kept while the instance is off, the weakest step first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// In a plaintext file of mode 0600.
    Plaintext,
    /// Sealed with the host key of systemd credentials.
    HostKey,
    /// Sealed with the TPM2 of the machine.
    Tpm2,
}

impl Tier {
    /// What it protects against and what not, in one honest sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Plaintext => {
                "a key in a plaintext file (mode 0600) keeps other users and the project containers out; it does \
                 not protect against root, nor against anybody who gets hold of the disk or of a backup with both \
                 files"
            }
            Self::HostKey => {
                "a key sealed with the host key protects the store when its files alone are copied or backed up; \
                 it does not survive theft of the whole disk, because the host key is on it, and it does not \
                 protect against root"
            }
            Self::Tpm2 => {
                "a key sealed with the TPM2 opens on this machine only, so a stolen disk or a copy of it does not \
                 open the store; it does not protect against root, nor against theft of the whole machine when it \
                 starts without a password"
            }
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plaintext => "plaintext",
            Self::HostKey => "host key",
            Self::Tpm2 => "TPM2",
        })
    }
}

/// The public record of the key in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierRecord {
    /// How the key is kept while the instance is off.
    pub tier: Tier,
    /// What that protects against and what not.
    pub sentence: String,
    /// The public half of the key.
    pub recipient: String,
    /// Since when the key is sealed like this, to the second.
    pub sealed_since: Timestamp,
    /// Whether a rotation has begun and not ended: the key before this one still opens the store, too.
    pub rotating: bool,
}

/// Why the record cannot be read.
#[derive(Debug)]
pub struct TierRecordError {
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for TierRecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot read the record of the key tier {}", self.path.display())
    }
}

impl std::error::Error for TierRecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Reads the record in `runtime_dir`, the folder of the unsealed key. `None` when there is none: nothing was unsealed
/// there yet, or the key is a plaintext file that `key ensure --key-file` made.
pub fn read(runtime_dir: &Path) -> Result<Option<TierRecord>, TierRecordError> {
    let path = runtime_dir.join(TIER_FILE);
    read_record(&path).map_err(|source| TierRecordError { path, source })
}

fn read_record(path: &Path) -> io::Result<Option<TierRecord>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(CWD, path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut text = String::new();
    file.take(RECORD_MAX).read_to_string(&mut text)?;
    Ok(Some(serde_json::from_str(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_tier_is_a_larger_one() {
        assert!(Tier::Tpm2 > Tier::HostKey && Tier::HostKey > Tier::Plaintext);
    }

    #[test]
    fn every_sentence_says_what_is_not_protected() {
        for tier in [Tier::Plaintext, Tier::HostKey, Tier::Tpm2] {
            assert!(tier.sentence().contains("does not protect against root"), "{tier}");
        }
    }
}
