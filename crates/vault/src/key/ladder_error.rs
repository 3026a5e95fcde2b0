//! What can go wrong on the key ladder, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::creds::CredsError;
use super::tier::Tier;
use crate::private_file::{PrivateFileError, storage_hint};

/// Where it is told how a key gets to another machine.
const MOVING: &str = "docs/guides/vault-key.md";

/// Why a step on the ladder was not taken. What was sealed is as it was.
#[derive(Debug)]
pub enum LadderError {
    /// A folder or a file of the ladder cannot be used.
    File(PrivateFileError),
    /// The system refuses.
    System {
        /// What was attempted, for instance "write".
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Another command works on the same sealed key.
    Busy {
        /// The folder of the sealed key.
        path: PathBuf,
    },
    /// Another command holds the folder of a plaintext key.
    FolderBusy {
        /// The folder.
        path: PathBuf,
    },
    /// A place for the unsealed key is on a disk.
    NotMemoryBacked {
        /// The folder.
        path: PathBuf,
    },
    /// A folder in which others could replace the key.
    OpenFolder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no sealed key.
    NoKey {
        /// The folder in which it would be.
        path: PathBuf,
    },
    /// What was unsealed, or is to be sealed, is no key.
    NotAKey {
        /// Where it came from.
        place: String,
    },
    /// The key cannot be sealed.
    Seal(CredsError),
    /// Only the lowest tier is left, and it was not allowed.
    OnlyPlaintext {
        /// Why the others are not to be had.
        reasons: Vec<String>,
    },
    /// This machine does not open the sealed key.
    Open {
        /// The sealed key.
        path: PathBuf,
        /// How it is sealed.
        tier: Option<Tier>,
        /// Why.
        source: CredsError,
    },
    /// What was sealed opens as something else.
    Unfaithful {
        /// The sealed draft.
        path: PathBuf,
    },
    /// A rotation would leave the key less protected than it is.
    WouldWeaken {
        /// How the key is sealed.
        present: Tier,
        /// What is to be had.
        available: Tier,
    },
    /// Another key is there already.
    AnotherKey {
        /// Where.
        path: PathBuf,
    },
}

impl LadderError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::System { path, source, .. } => storage_hint(source, path),
            Self::Busy { path } => {
                Some(format!("wait for it, or see who it is: fuser -v {}/lock", path.display()))
            }
            Self::FolderBusy { path } => {
                Some(format!("wait for it, or see who it is: fuser -v {}", path.display()))
            }
            Self::NotMemoryBacked { .. } => Some(
                "name a folder on a tmpfs with --runtime-dir, as /run is; see: findmnt -t tmpfs".to_owned(),
            ),
            Self::OpenFolder { path } => {
                Some(format!("see who opened it, then: chmod go-w {}", path.display()))
            }
            Self::NoKey { .. } => Some("make one with: remo-vault key ensure".to_owned()),
            Self::NotAKey { .. } => {
                Some("a key is one line that begins with AGE-SECRET-KEY-1, as age-keygen writes it".to_owned())
            }
            Self::Seal(error) => Some(error.hint().unwrap_or_else(|| {
                "see what the machine has: systemd-creds has-tpm2; or take the next tier: remo-vault key ensure \
                 --no-tpm2"
                    .to_owned()
            })),
            Self::OnlyPlaintext { .. } => {
                Some("if that will do: remo-vault key ensure --allow-plaintext".to_owned())
            }
            Self::Open { tier, source: CredsError::Refused { .. }, .. } => Some(match tier {
                Some(Tier::Tpm2) => format!(
                    "it opens only with the TPM2 that sealed it, in the state of secure boot of that time; how to \
                     bring the key here, or go on without it: {MOVING}"
                ),
                _ => format!(
                    "it opens only with the host key that sealed it (/var/lib/systemd/credential.secret); how to \
                     bring the key here, or go on without it: {MOVING}"
                ),
            }),
            Self::Open { source, .. } => Some(source.hint().unwrap_or_else(|| {
                format!("put the sealed key back from a backup of this machine; see {MOVING}")
            })),
            Self::Unfaithful { .. } => {
                Some("look at the disk and the TPM2 (dmesg | tail), then try again".to_owned())
            }
            Self::WouldWeaken { present, .. } => Some(format!(
                "make the {present} available again; or lower the tier on purpose, as {MOVING} says"
            )),
            Self::AnotherKey { path } => {
                Some(format!("keep it and leave out --import, or move {} away first", path.display()))
            }
        }
    }
}

impl fmt::Display for LadderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => formatter.write_str("cannot use the place of the vault key"),
            Self::System { attempt, path, .. } => write!(formatter, "cannot {attempt} {}", path.display()),
            Self::Busy { path } => {
                write!(formatter, "another command has been working on {} for a while", path.display())
            }
            Self::FolderBusy { path } => {
                write!(formatter, "another program has held the folder {} for a while", path.display())
            }
            Self::NotMemoryBacked { path } => write!(
                formatter,
                "{} is not memory-backed: the unsealed key would be on a disk",
                path.display()
            ),
            Self::OpenFolder { path } => {
                write!(
                    formatter,
                    "{} is no folder in which only its owner and root may write",
                    path.display()
                )
            }
            Self::NoKey { path } => write!(formatter, "there is no sealed key in {}", path.display()),
            Self::NotAKey { place } => write!(formatter, "{place} is no vault key"),
            Self::Seal(_) => formatter.write_str("cannot seal the key"),
            Self::OnlyPlaintext { reasons } => write!(
                formatter,
                "this machine can seal no key ({}), and a plaintext one was not allowed: {}",
                reasons.join("; "),
                Tier::Plaintext.sentence()
            ),
            Self::Open { path, .. } => {
                write!(formatter, "this machine cannot open the sealed key {}", path.display())
            }
            Self::Unfaithful { path } => write!(
                formatter,
                "{} does not open as the key that was sealed into it; nothing was changed",
                path.display()
            ),
            Self::WouldWeaken { present, available } => write!(
                formatter,
                "the key is sealed with the {present}, and a new one could only be kept as {available}"
            ),
            Self::AnotherKey { path } => {
                write!(formatter, "there is another vault key already: {}", path.display())
            }
        }
    }
}

impl std::error::Error for LadderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::System { source, .. } => Some(source),
            Self::Seal(error) | Self::Open { source: error, .. } => Some(error),
            _ => None,
        }
    }
}
