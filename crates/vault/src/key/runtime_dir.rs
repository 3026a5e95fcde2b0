//! The unsealed key in memory-backed storage: the folder that is mounted read-only into the vault.
//!
//! `key.txt` (0600, the vault's user) holds the key, `tier.json` (0644) says how well it is protected.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use rustix::fs::{Mode, OFlags, fstatfs, open};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::atomic::{self, Owner};
use super::tier::{self, TIER_FILE, TierRecord};
use super::vault_key::KEY_FILE_MAX;
use super::{LadderError, VaultKey};
use crate::private_file::{FILE_MODE, read_capped};

/// Name of the unsealed key.
pub const KEY_NAME: &str = "key.txt";

/// Everybody in the vault may see which files there are; the key is closed by its own mode.
const FOLDER_MODE: u32 = 0o755;

/// The record is for everybody in the vault.
const RECORD_MODE: u32 = 0o644;

const OTHERS_WRITE: u32 = 0o022;

/// `TMPFS_MAGIC` and `RAMFS_MAGIC` of statfs(2).
const MEMORY_BACKED: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// A folder that was found fit for the unsealed key.
#[derive(Debug)]
pub struct RuntimeDir {
    path: PathBuf,
}

impl RuntimeDir {
    /// The folder, made unless it is there. Refused when it is on a disk, when it is a link, or when others could
    /// replace what is in it.
    pub fn prepare(path: &Path) -> Result<Self, LadderError> {
        let fault = |attempt, source| LadderError::System { attempt, path: path.to_owned(), source };
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)
            .map_err(|error| fault("make the folder", error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match open(path, flags, Mode::empty()) {
            Ok(folder) => File::from(folder),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(LadderError::OpenFolder { path: path.to_owned() });
            }
            Err(error) => return Err(fault("open the folder", error.into())),
        };
        let metadata = folder.metadata().map_err(|error| fault("examine the folder", error))?;
        let owned = metadata.uid() == 0 || metadata.uid() == geteuid().as_raw();
        if !owned || metadata.mode() & OTHERS_WRITE != 0 {
            return Err(LadderError::OpenFolder { path: path.to_owned() });
        }
        let file_system =
            fstatfs(&folder).map_err(|error| fault("examine the file system of", error.into()))?;
        #[expect(clippy::cast_sign_loss, reason = "a magic number, which some platforms type as signed")]
        let memory_backed = MEMORY_BACKED.contains(&(file_system.f_type as u64));
        if !memory_backed {
            return Err(LadderError::NotMemoryBacked { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The unsealed key.
    pub fn key_file(&self) -> PathBuf {
        self.path.join(KEY_NAME)
    }

    /// The two unsealed keys, when `retiring` is the second.
    pub fn pair_with(&self, retiring: &VaultKey) -> Option<VaultKey> {
        peek(&self.path).filter(|key| key.retiring_recipient() == Some(retiring.recipient()))
    }

    /// Puts `key` and its record in place, for `owner`. What is there already is not written again, so that nobody
    /// who watches it is woken for nothing.
    pub fn publish(
        &self,
        key: &VaultKey,
        record: &TierRecord,
        owner: Option<Owner>,
    ) -> Result<(), LadderError> {
        let path = self.key_file();
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| LadderError::System { attempt: "write", path, source }
        };
        let present = peek(&self.path);
        let same = present.is_some_and(|present| {
            present.recipient() == key.recipient() && present.retiring_recipient() == key.retiring_recipient()
        });
        if !same || !belongs_to(&path, owner) {
            atomic::replace(&path, &key.to_text(), FILE_MODE, owner).map_err(fault(&path))?;
        }
        if !tier::read(&self.path).is_ok_and(|present| present.as_ref() == Some(record)) {
            let path = self.path.join(TIER_FILE);
            let text = serde_json::to_string_pretty(record).map_err(|error| fault(&path)(error.into()))?;
            atomic::replace(&path, &Secret::from_text(text + "\n"), RECORD_MODE, None)
                .map_err(fault(&path))?;
        }
        Ok(())
    }
}

/// The key that is unsealed in `runtime_dir`, whoever's it is; `None` where there is none that can be read.
pub fn peek(runtime_dir: &Path) -> Option<VaultKey> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = open(runtime_dir.join(KEY_NAME), flags, Mode::empty()).ok()?;
    let mut content = Secret::new(Vec::new());
    let whole = read_capped(File::from(file), KEY_FILE_MAX, &mut content).ok()?;
    if whole { VaultKey::from_text(&content).ok() } else { None }
}

fn belongs_to(path: &Path, owner: Option<Owner>) -> bool {
    let metadata: io::Result<_> = fs::symlink_metadata(path);
    metadata.is_ok_and(|metadata| {
        let user = owner.map_or_else(|| geteuid().as_raw(), |(user, _)| user);
        metadata.is_file()
            && metadata.uid() == user
            && owner.is_none_or(|(_, group)| metadata.gid() == group)
            && metadata.mode() & 0o7777 == FILE_MODE
    })
}
