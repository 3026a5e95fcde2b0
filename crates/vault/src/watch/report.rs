//! What the watcher says of itself to the other commands: a small file beside the store, without values.
//!
//! It is rewritten at every change of state. A watcher holds a lock on [`lock_path`] for as long as it lives, so a
//! report that a dead watcher left behind is told from that of a living one; and it leaves a sign of life in that file
//! at every regular check, so a report is told from that of one that is stopped or stuck.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use remo_wire::names::SecretName;
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::heartbeat;
use crate::private_file::{self, FILE_MODE, sibling};

/// A report holds names and sentences; what is larger is something else.
const REPORT_MAX: u64 = 4 * 1024 * 1024;

/// How old a living watcher's sign of life may be: several of its regular checks.
pub const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Where the watcher of `store` leaves its report.
pub fn path(store: &Path) -> PathBuf {
    sibling(store, ".watcher.json")
}

/// What the watcher of `store` holds a lock on.
pub fn lock_path(store: &Path) -> PathBuf {
    sibling(store, ".watcher.lock")
}

/// How the watcher is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has not come to a result yet.
    Starting,
    /// The broker has what the store holds.
    UpToDate,
    /// The broker is out of reach.
    WaitingForBroker,
    /// The store cannot be read as a whole; the broker keeps what it has.
    StoreUnreadable,
    /// The broker does not take what the store holds.
    Refused,
    /// The broker was cleared on purpose; nothing is pushed.
    Cleared,
}

/// The last push that the broker took from this watcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPush {
    /// When it was answered.
    pub at: Timestamp,
    /// The generation that it became.
    pub generation: u64,
    /// The broker's run that took it.
    pub instance_id: String,
    /// How many secrets it carried.
    pub secret_count: u64,
}

/// What is known about one secret of the store.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// When its value was first seen as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// When that value was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at: Option<Timestamp>,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The watcher's process number, in its own container.
    pub pid: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// How it is doing.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong, in one line, when something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Its last push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_push: Option<LastPush>,
    /// Entries that cannot be read, each with the reason; the broker keeps what it has of them.
    #[serde(default)]
    pub faults: BTreeMap<SecretName, String>,
    /// Names that cannot be pushed.
    #[serde(default)]
    pub unpushable: Vec<String>,
    /// What is known about each secret.
    #[serde(default)]
    pub secrets: BTreeMap<SecretName, Known>,
}

/// What a look at the report found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A living watcher's report.
    Running(Report),
    /// A watcher lives, but gives no sign of life: it is stopped (SIGSTOP, a frozen container) or stuck, and does not
    /// push what changes. Nothing in its report holds for now; `pid` is still its process number. What helps: let it go
    /// on (`kill -CONT PID`), or end it (`kill -KILL PID`), which loses nothing, and have it started again.
    Unresponsive {
        /// What it said last.
        report: Report,
        /// How long it has been silent, by a clock that does not jump; more than [`SILENCE_MAX`]. `None` when there
        /// was no sign of life in this boot of the machine.
        silent_for: Option<Duration>,
    },
    /// No watcher lives; the last one left this.
    Stopped(Option<Report>),
}

/// Looks at the report of the watcher of `store`.
pub fn read(store: &Path) -> io::Result<Found> {
    let lock = held(&lock_path(store))?;
    let report = match private_file::read(&path(store), REPORT_MAX) {
        Ok(content) => serde_json::from_slice(content.expose()).ok(),
        Err(error) if error.is_missing() => None,
        Err(error) => return Err(io::Error::other(error)),
    };
    Ok(match (report, lock) {
        (Some(report), Some(lock)) => match heartbeat::age(&lock) {
            Some(age) if age <= SILENCE_MAX => Found::Running(report),
            silent_for => Found::Unresponsive { report, silent_for },
        },
        (report, _) => Found::Stopped(report),
    })
}

/// What the report's file holds, as something else than a report.
pub(super) fn read_as<T: DeserializeOwned>(store: &Path) -> Option<T> {
    let content = private_file::read(&path(store), REPORT_MAX).ok()?;
    serde_json::from_slice(content.expose()).ok()
}

/// The file at `path`, if a watcher holds a lock on it.
fn held(path: &Path) -> io::Result<Option<File>> {
    let file = match open_lock(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(None),
        Err(Errno::WOULDBLOCK) => Ok(Some(file)),
        Err(error) => Err(error.into()),
    }
}

fn open_lock(path: &Path, create: bool) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    OpenOptions::new()
        .read(true)
        .write(create)
        .create(create)
        .truncate(false)
        .mode(FILE_MODE)
        .custom_flags(no_follow)
        .open(path)
}

/// The writing side: a living watcher.
#[derive(Debug)]
pub struct Reporter {
    path: PathBuf,
    lock: File,
}

impl Reporter {
    /// Takes the lock of the watcher of `store`.
    ///
    /// # Errors
    /// `WouldBlock` when another watcher of this store lives.
    pub fn new(store: &Path) -> io::Result<Self> {
        let lock = open_lock(&lock_path(store), true)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { path: path(store), lock })
    }

    /// Gives a sign of life.
    pub fn beat(&self) -> io::Result<()> {
        heartbeat::beat(&self.lock)
    }

    /// Whether the lock is still that of the store's place: another folder may have come there.
    pub fn is_in_place(&self, store: &Path) -> bool {
        let held = self.lock.metadata().map(|it| (it.dev(), it.ino()));
        let there = fs::symlink_metadata(lock_path(store)).map(|it| (it.dev(), it.ino()));
        matches!((held, there), (Ok(held), Ok(there)) if held == there)
    }

    /// Puts `report` in the place of the one before, in one step.
    pub fn write(&self, report: &impl Serialize) -> io::Result<()> {
        let draft = sibling(&self.path, ".new");
        let _ = fs::remove_file(&draft);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft)?;
        let written =
            file.write_all(&serde_json::to_vec_pretty(report)?).and_then(|()| fs::rename(&draft, &self.path));
        if written.is_err() {
            // Not to take the room on a full disk that the store needs.
            let _ = fs::remove_file(&draft);
        }
        written
    }
}
