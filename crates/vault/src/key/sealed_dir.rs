//! The sealed key on the disk of the host, in a folder of root's own.
//!
//! | file | what |
//! |---|---|
//! | `vault-key.cred` | the key, sealed |
//! | `vault-key.txt` | the key in plaintext, on the lowest tier |
//! | `….next` | the key of a rotation that has not ended |
//! | `….kept` | the key before the last rotation, for a week |
//! | `vault-key.json` | whom the unsealed key belongs to, and which TPM2 seals; nothing secret |
//! | `lock` | held by the command that changes any of these |
//!
//! A file is written under another name, read back, and renamed into place: each is there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use remo_secret::Secret;
use rustix::event::{Timespec, poll};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::creds::{self, Creds};
use super::tier::Tier;
use super::vault_key::KEY_FILE_MAX;
use super::{LadderError, VaultKey, atomic};
use crate::private_file::{self, FILE_MODE, sibling};

/// Where the sealed key is, unless another folder is named.
pub const SEALED_DIR: &str = "/var/lib/remo-vault-key";

const SEALED_NAME: &str = "vault-key.cred";
const PLAINTEXT_NAME: &str = "vault-key.txt";
const SETTINGS_NAME: &str = "vault-key.json";
const NEXT_SUFFIX: &str = ".next";
const KEPT_SUFFIX: &str = ".kept";

/// A sealed key has a few hundred bytes, with a TPM2 about a thousand.
const SEALED_MAX: u64 = KEY_FILE_MAX;

/// How long a command waits for another one: a rotation of a large fnox store takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two attempts to take the lock; `flock` has no time limit of its own.
const RETRY: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// Which of the two keys that there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The key in force.
    Current,
    /// The key of a rotation that has not ended.
    Next,
    /// The key before the last rotation, for what a program that nobody saw may still write under it.
    Kept,
}

/// A key as it lies on the disk.
#[derive(Debug)]
pub struct SealedKey {
    /// The file.
    pub path: PathBuf,
    /// How it is kept; `None` when that cannot be told from the file.
    pub tier: Option<Tier>,
    /// Since when, to the second.
    pub since: Timestamp,
    content: Secret,
}

/// What a boot needs to know besides the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// User and group that the unsealed key belongs to; the one that unseals it when `None`.
    pub owner: Option<(u32, u32)>,
    /// The TPM2 that seals, when it is not the one that systemd finds by itself.
    pub tpm2_device: Option<String>,
}

/// The folder of the sealed key.
#[derive(Debug)]
pub struct SealedDir {
    path: PathBuf,
    /// Held for as long as this lives, by whoever changes something.
    _lock: Option<File>,
}

impl SealedDir {
    /// The folder, made unless it is there, for a command that changes what is in it: one at a time.
    pub fn lock(path: &Path) -> Result<Self, LadderError> {
        private_file::prepare_folder(&path.join(SEALED_NAME)).map_err(LadderError::File)?;
        let lock = path.join("lock");
        let file = take_lock(&lock).map_err(|source| match source.kind() {
            io::ErrorKind::TimedOut => LadderError::Busy { path: path.to_owned() },
            _ => LadderError::System { attempt: "lock", path: lock, source },
        })?;
        Ok(Self { path: path.to_owned(), _lock: Some(file) })
    }

    /// The folder, for looking only.
    pub fn look(path: &Path) -> Self {
        Self { path: path.to_owned(), _lock: None }
    }

    /// The key in `slot`.
    pub fn key(&self, slot: Slot) -> Result<Option<SealedKey>, LadderError> {
        for (name, tier) in [(SEALED_NAME, None), (PLAINTEXT_NAME, Some(Tier::Plaintext))] {
            let path = self.path_of(name, slot);
            let content = match private_file::read(&path, SEALED_MAX) {
                Ok(content) => content,
                Err(error) if error.is_missing() => continue,
                Err(error) => return Err(LadderError::File(error)),
            };
            let since = sealed_since(&path).map_err(|source| LadderError::System {
                attempt: "examine",
                path: path.clone(),
                source,
            })?;
            let tier = tier.or_else(|| creds::tier_of(&content).ok());
            return Ok(Some(SealedKey { path, tier, since, content }));
        }
        Ok(None)
    }

    /// Seals `key` as `tier` into `slot`, and puts it there only when what is on the disk opens as this key.
    pub fn seal(&self, slot: Slot, key: &VaultKey, tier: Tier, creds: &Creds) -> Result<(), LadderError> {
        let text = key.to_text();
        let (name, content) = match tier {
            Tier::Plaintext => (PLAINTEXT_NAME, text),
            _ => (SEALED_NAME, creds.seal(tier, &text).map_err(LadderError::Seal)?),
        };
        let path = self.path_of(name, slot);
        let draft = atomic::draft_of(&path);
        system("write", &draft, atomic::write_draft(&path, &content, FILE_MODE, None))?;
        let verified =
            private_file::read(&draft, SEALED_MAX).map_err(LadderError::File).and_then(|content| {
                let sealed = SealedKey {
                    path: draft.clone(),
                    tier: (tier == Tier::Plaintext).then_some(tier).or_else(|| creds::tier_of(&content).ok()),
                    since: Timestamp::now(),
                    content,
                };
                let opened = sealed.open(creds)?;
                if sealed.tier == Some(tier) && opened.recipient() == key.recipient() {
                    Ok(())
                } else {
                    Err(LadderError::Unfaithful { path: draft.clone() })
                }
            });
        if let Err(error) = verified {
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        system("put in place", &path, atomic::put_in_place(&path))
    }

    /// Makes the next key the current one.
    pub fn commit(&self) -> Result<(), LadderError> {
        for name in [SEALED_NAME, PLAINTEXT_NAME] {
            let (next, current) = (self.path_of(name, Slot::Next), self.path_of(name, Slot::Current));
            if next.symlink_metadata().is_ok() {
                system("put in place", &current, atomic::rename(&next, &current))?;
                break;
            }
        }
        self.tidy()
    }

    /// Removes the key in `slot`.
    pub fn remove(&self, slot: Slot) -> Result<(), LadderError> {
        for name in [SEALED_NAME, PLAINTEXT_NAME] {
            let path = self.path_of(name, slot);
            system("remove", &path, atomic::remove(&path))?;
        }
        Ok(())
    }

    /// Gives the key in `slot` another name, under which nothing here looks for it: what does not open now may be
    /// all that opens something later.
    pub fn set_aside(&self, slot: Slot) -> Result<(), LadderError> {
        for name in [SEALED_NAME, PLAINTEXT_NAME] {
            let path = self.path_of(name, slot);
            if path.symlink_metadata().is_ok() {
                let aside = sibling(&path, &format!(".closed-{}", Timestamp::now().as_second()));
                system("set aside", &path, atomic::rename(&path, &aside))?;
            }
        }
        Ok(())
    }

    /// Removes what a command that died has left: drafts, and a plaintext key that a sealed one has replaced.
    pub fn tidy(&self) -> Result<(), LadderError> {
        let mut surplus = Vec::new();
        for slot in [Slot::Current, Slot::Next, Slot::Kept] {
            let [sealed, plaintext] = [SEALED_NAME, PLAINTEXT_NAME].map(|name| self.path_of(name, slot));
            surplus.extend([atomic::draft_of(&sealed), atomic::draft_of(&plaintext)]);
            if sealed.symlink_metadata().is_ok() {
                surplus.push(plaintext);
            }
        }
        for path in surplus {
            system("remove", &path, atomic::remove(&path))?;
        }
        Ok(())
    }

    /// What was recorded for the next boot.
    pub fn settings(&self) -> Result<Settings, LadderError> {
        let path = self.path.join(SETTINGS_NAME);
        match private_file::read(&path, SEALED_MAX) {
            Ok(content) => {
                system("understand", &path, serde_json::from_slice(content.expose()).map_err(io::Error::from))
            }
            Err(error) if error.is_missing() => Ok(Settings::default()),
            Err(error) => Err(LadderError::File(error)),
        }
    }

    /// Records `settings` for the next boot.
    pub fn record(&self, settings: &Settings) -> Result<(), LadderError> {
        let path = self.path.join(SETTINGS_NAME);
        if path.exists() && self.settings().is_ok_and(|present| present == *settings) {
            return Ok(());
        }
        let written = serde_json::to_vec(settings)
            .map_err(io::Error::other)
            .and_then(|content| atomic::replace(&path, &Secret::new(content), FILE_MODE, None));
        system("write", &path, written)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn path_of(&self, name: &str, slot: Slot) -> PathBuf {
        let current = self.path.join(name);
        match slot {
            Slot::Current => current,
            Slot::Next => sibling(&current, NEXT_SUFFIX),
            Slot::Kept => sibling(&current, KEPT_SUFFIX),
        }
    }
}

impl SealedKey {
    /// Opens it.
    pub fn open(&self, creds: &Creds) -> Result<VaultKey, LadderError> {
        let opened;
        let text = if self.tier == Some(Tier::Plaintext) {
            &self.content
        } else {
            opened = creds.open(&self.content).map_err(|source| LadderError::Open {
                path: self.path.clone(),
                tier: self.tier,
                source,
            })?;
            &opened
        };
        VaultKey::from_text(text)
            .map(VaultKey::alone)
            .map_err(|_| LadderError::NotAKey { place: format!("what {} holds", self.path.display()) })
    }
}

/// The time of the last change of the file's content, which a rename keeps.
fn sealed_since(path: &Path) -> io::Result<Timestamp> {
    let modified = fs::symlink_metadata(path)?.modified()?;
    let time = Timestamp::try_from(modified).map_err(io::Error::other)?;
    Timestamp::from_second(time.as_second()).map_err(io::Error::other)
}

fn take_lock(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .custom_flags(no_follow)
        .open(path)?;
    let begin = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::WOULDBLOCK | Errno::INTR) if begin.elapsed() < PATIENCE => {}
            Err(Errno::WOULDBLOCK) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
        match poll(&mut [], Some(&RETRY)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn system<T>(attempt: &'static str, path: &Path, result: io::Result<T>) -> Result<T, LadderError> {
    result.map_err(|source| LadderError::System { attempt, path: path.to_owned(), source })
}
