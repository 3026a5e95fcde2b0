//! Files for the time of one command (`exec`), in a directory of its own.
//!
//! Several commands may run at once, beside a set that is in force. A path can show one content only: a link
//! that is in use stays. When a command ends, its links are handed to the set in force or to another running
//! command that has a file for the same secret; only what nobody needs is removed.
//!
//! A session is alive while its process holds the lock on it; the kernel releases that however the process
//! ends, and the next run removes what is left.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use remo_wire::names::SecretName;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, openat};

use super::link::{self, Placed};
use super::{Roots, set};
use crate::failure::Failure;
use crate::plan::{Destination, Plan, PlannedFile};
use crate::report;
use crate::settings::Settings;
use crate::storage::{Storage, tree};

/// Where sessions are, in the storage.
const SESSIONS: &str = "exec";

/// Held by the process of the session, in its directory.
const ALIVE: &str = "alive";

/// Files of a running command.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    storage: &'a Storage,
    roots: Roots,
    name: String,
    links: Vec<(Destination, PathBuf)>,
    _alive: OwnedFd,
}

impl<'a> Session<'a> {
    /// Writes the files of `plan` and links them.
    pub(crate) fn begin(storage: &'a Storage, settings: &Settings, plan: &Plan) -> Result<Self, Failure> {
        let _lock = storage.lock()?;
        remove_dead(storage);
        let name = tree::random_name("")?;
        let failure = |error| storage.failure("write", &format!("{SESSIONS}/{name}"), error);
        let sessions = tree::ensure_directory(storage.descriptor(), SESSIONS).map_err(failure)?;
        let written = tree::create_directory(&sessions, &name).and_then(|directory| {
            let alive = hold(&directory)?;
            set::write_files(&directory, plan)?;
            Ok(alive)
        });
        let alive = written.map_err(|error| {
            let _ = tree::remove(&sessions, &name);
            failure(error)
        })?;
        let roots = Roots::new(settings);
        let mut session = Self { storage, roots, name, links: Vec::new(), _alive: alive };
        for file in &plan.files {
            if let Err(failure) = session.link(file) {
                session.clean_up();
                return Err(failure);
            }
        }
        Ok(session)
    }

    /// Removes files and links.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let _lock = self.storage.lock()?;
        self.clean_up();
        Ok(())
    }

    fn link(&mut self, file: &PlannedFile) -> Result<(), Failure> {
        let target = file_of(self.storage.path(), &self.name, file.secret.as_str());
        let ours = self.storage.path();
        let found = link::target(&mut self.roots, &file.destination, ours);
        let placed = found.and_then(|found| match found {
            // In use by a set or another command, which keeps it fresh or takes it away.
            Some(found) if self.in_use(&found, &file.secret) => Ok(Placed::Unchanged),
            _ => link::place(&mut self.roots, &file.destination, &target, ours),
        });
        placed.map_err(|fault| fault.into_failure(&file.secret))?;
        // A link that is in use by another command may be handed over when that ends, so all are looked at.
        self.links.push((file.destination.clone(), target));
        Ok(())
    }

    /// Whether `found` is the file of this very secret, in the set in force or of a command that is running.
    ///
    /// Any other file of ours would be another secret's, or one that nobody keeps fresh.
    fn in_use(&self, found: &Path, secret: &SecretName) -> bool {
        if !found.exists() {
            return false;
        }
        if found == set::path_of(self.storage.path(), secret) {
            return true;
        }
        let sessions = self.storage.path().join(SESSIONS);
        let session = found.strip_prefix(&sessions).ok().and_then(|below| below.iter().next());
        session.and_then(OsStr::to_str).is_some_and(|session| {
            found == file_of(self.storage.path(), session, secret.as_str()) && self.running(session)
        })
    }

    /// Whether the command of another session is running.
    fn running(&self, session: &str) -> bool {
        tree::open_directory(self.storage.descriptor(), SESSIONS)
            .and_then(|sessions| tree::open_directory(&sessions, session))
            .is_ok_and(|session| alive(&session))
    }

    /// Called with the lock held.
    fn clean_up(&mut self) {
        for (destination, target) in std::mem::take(&mut self.links) {
            let ours = self.storage.path();
            let result = match (self.heir(&target), link::target(&mut self.roots, &destination, ours)) {
                (Some(heir), Ok(Some(found))) if found == target => {
                    link::place(&mut self.roots, &destination, &heir, ours).map(|_| ())
                }
                _ => link::remove(&mut self.roots, &destination, &target),
            };
            if result.is_err() {
                report::note(format_args!(
                    "the link {destination} could not be removed; it leads nowhere now"
                ));
            }
        }
        let removed = tree::open_directory(self.storage.descriptor(), SESSIONS)
            .and_then(|sessions| tree::remove(&sessions, &self.name));
        if let Err(error) = removed {
            let directory = self.storage.path().join(SESSIONS).join(&self.name);
            report::note(format_args!("cannot remove {}: {error}", directory.display()));
        }
    }

    /// Another file for the secret behind `target`: of the set in force, or of another running command.
    fn heir(&self, target: &Path) -> Option<PathBuf> {
        let secret = target.file_name()?.to_str()?;
        let current = self.storage.path().join(set::CURRENT).join(set::FILES).join(secret);
        if current.exists() {
            return Some(current);
        }
        let sessions = tree::open_directory(self.storage.descriptor(), SESSIONS).ok()?;
        tree::names(&sessions)
            .ok()?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .filter(|name| *name != self.name && self.running(name))
            .map(|name| file_of(self.storage.path(), &name, secret))
            .find(|file| file.exists())
    }
}

/// Removes sessions whose process has ended without cleaning up, and whatever else lies there. What cannot be
/// removed is reported: it must not hold up the secrets. Called with the lock held.
pub(super) fn remove_dead(storage: &Storage) {
    let report = |name: &OsStr, error: std::io::Error| {
        let path = storage.path().join(SESSIONS).join(name);
        report::note(format_args!("cannot clean up {}: {error}", path.display()));
    };
    let listed = tree::open_directory(storage.descriptor(), SESSIONS)
        .and_then(|sessions| tree::names(&sessions).map(|names| (sessions, names)));
    let (sessions, names) = match listed {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) if tree::is_no_directory(&error) => {
            if let Err(error) = tree::remove(storage.descriptor(), SESSIONS) {
                report(OsStr::new(""), error);
            }
            return;
        }
        Err(error) => return report(OsStr::new(""), error),
    };
    for name in names {
        let dead = match tree::open_directory(&sessions, &*name) {
            Ok(session) => Ok(!alive(&session)),
            Err(error) if tree::is_no_directory(&error) => Ok(true),
            Err(error) => Err(error),
        };
        let removed = dead.and_then(|dead| if dead { tree::remove(&sessions, &*name) } else { Ok(()) });
        if let Err(error) = removed {
            report(&name, error);
        }
    }
}

fn hold(directory: &OwnedFd) -> std::io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = openat(directory, ALIVE, flags, Mode::RUSR | Mode::WUSR)?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    Ok(lock)
}

fn alive(directory: &OwnedFd) -> bool {
    openat(directory, ALIVE, OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
        .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err())
}

fn file_of(storage: &Path, session: &str, secret: &str) -> PathBuf {
    storage.join(SESSIONS).join(session).join(set::FILES).join(secret)
}
