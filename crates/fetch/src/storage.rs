//! The directory in which secrets are kept (R-7.4).
//!
//! It must be memory-backed, belong to this user, be closed to everybody else, and be reached without a link.
//! What does not hold is an error; there is no other place to fall back to.
//!
//! ```text
//! SECRETS_DIR/            0700
//!   owner.json            which container, and which project, the directory serves
//!   lock                  held by whoever writes
//!   running               held by a run from its first question to the broker to its end
//!   watching              held by the process that keeps files fresh
//!   watch.log             what that process said, when it was started without a terminal
//!   current -> views/…    switched by one rename: everybody sees one whole set
//!   views/<view>.<random>/  a set: env.sh env.fish env.nul files/<secret> links.json ready
//!   failed                why the last run failed
//!   passed-on             a hook has reported that
//!   exec/<random>/        files of a command that runs now
//! ```

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use remo_wire::names::ProjectName;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, flock, fstat, openat, unlinkat};
use rustix::io::Errno;

use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::pause::{Pause, rest};
use crate::shell::quoted;

pub(crate) use instance::Instance;
pub(crate) use watching::WatchRight;

mod directory;
mod instance;
pub(crate) mod journal;
mod owner;
mod sharing;
pub(crate) mod tree;
mod watching;

/// Held by a run from its first question to its end.
const RUNNING: &str = "running";

/// Set while somebody writes.
const LOCK: &str = "lock";

/// How long to wait for another writer; each holds the lock for milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The longest pause between two looks at the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The checked directory.
#[derive(Debug)]
pub(crate) struct Storage {
    descriptor: OwnedFd,
    path: PathBuf,
    instance: Instance,
}

/// The right to write, or to be the one that runs, until it is dropped.
#[derive(Debug)]
pub(crate) struct WriteLock {
    _descriptor: OwnedFd,
}

impl Storage {
    /// Opens the directory at `path`, making it where it is missing, and takes it for this container.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let descriptor = directory::open(path, directory::Missing::Create)?;
        sharing::refuse(&descriptor, path)?;
        let storage = Self { descriptor, path: plain(path), instance: Instance::current() };
        owner::claim(&storage, None)?;
        Ok(storage)
    }

    /// Takes the directory for `project`.
    pub(crate) fn claim(&self, project: &ProjectName) -> Result<(), Failure> {
        owner::claim(self, Some(project))
    }

    /// Opens the directory for reading; `None` when there is none yet.
    pub(crate) fn open_existing(path: &Path) -> Result<Option<Self>, Failure> {
        // Looked at before as well: another process may be making it just now, and that is no error.
        let was_there = path.exists();
        match directory::open(path, directory::Missing::Refuse) {
            Ok(descriptor) => {
                sharing::refuse(&descriptor, path)?;
                Ok(Some(Self { descriptor, path: plain(path), instance: Instance::current() }))
            }
            Err(_) if !was_there || !path.exists() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The directory itself.
    pub(crate) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The container that this process runs in.
    pub(crate) fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Says that a run is going on, for those who would otherwise begin one; `None` while another is. The kernel
    /// takes it back however the process ends.
    pub(crate) fn take_turn(&self) -> Result<Option<WriteLock>, Failure> {
        let descriptor = self.open_lock(RUNNING)?;
        match flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(WriteLock { _descriptor: descriptor })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(self.failure("lock", RUNNING, error)),
        }
    }

    /// Waits until nobody else writes.
    pub(crate) fn lock(&self) -> Result<WriteLock, Failure> {
        let descriptor = self.open_lock(LOCK)?;
        let deadline = Instant::now() + LOCK_WAIT;
        let mut pause = Pause::up_to(LOCK_PAUSE);
        loop {
            match flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(WriteLock { _descriptor: descriptor }),
                Err(Errno::WOULDBLOCK) if Instant::now() < deadline => rest(pause.take(None)),
                Err(Errno::WOULDBLOCK) => {
                    return Err(Failure::unavailable(format!(
                        "another run has held {} for {} s",
                        self.path.join(LOCK).display(),
                        LOCK_WAIT.as_secs()
                    ))
                    .hint("look for a remo-fetch-secrets that hangs, and end it"));
                }
                Err(error) => return Err(self.failure("lock", LOCK, error)),
            }
        }
    }

    /// Opens the file of a lock. What else is in its place gives way: the directory is this user's own.
    fn open_lock(&self, name: &str) -> Result<OwnedFd, Failure> {
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = || {
            let descriptor = openat(&self.descriptor, name, flags, Mode::RUSR | Mode::WUSR)?;
            match FileType::from_raw_mode(fstat(&descriptor)?.st_mode) {
                FileType::RegularFile => Ok(descriptor),
                _ => Err(io::Error::from(Errno::ISDIR)),
            }
        };
        open()
            .or_else(|error| {
                if tree::is_no_file(&error) {
                    tree::remove(&self.descriptor, name)?;
                    open()
                } else {
                    Err(error)
                }
            })
            .map_err(|error| self.failure("open", name, error))
    }

    /// Replaces the small file `name` in one step.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let temporary = tree::random_name(".new-")?;
        let written = tree::create_file(&self.descriptor, &temporary, Mode::RUSR | Mode::WUSR, content)
            .and_then(|()| tree::replace(&self.descriptor, &temporary, name));
        written.map_err(|error| {
            // Whatever is left of it holds no value, and the next run removes it.
            let _ = unlinkat(&self.descriptor, &temporary, AtFlags::empty());
            self.failure("write", name, error)
        })
    }

    /// The content of the small file `name`; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        tree::read_file(&self.descriptor, name).map_err(|error| self.failure("read", name, error))
    }

    /// Removes the file `name`, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Failure> {
        tree::remove(&self.descriptor, name).map_err(|error| self.failure("remove", name, error))
    }

    /// A failure to do something with `name` in the directory.
    pub(crate) fn failure(&self, attempt: &str, name: &str, error: impl Into<io::Error>) -> Failure {
        let failure = Failure::writing(attempt, &self.path.join(name), &error.into());
        match failure.status() {
            ExitStatus::CannotCreate => failure.hint(format!(
                "look what is in its place; if no command uses these secrets now: rm -r {}",
                quoted(&self.path)
            )),
            _ => failure,
        }
    }
}

/// The same path without doubled or final slashes, so that what links say can be compared as text.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}
