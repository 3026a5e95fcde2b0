//! Logins that expire, renewed without a person: `remo-login refresh` as a child, for those that are due.
//!
//! What is due is read from the records of logins when they have changed, and held against the clock at every regular
//! look. One child at a time, for a limited time, and none without the watcher. A login that is due still when its child
//! has ended is tried again after a pause of its own that grows; one that cannot be renewed holds no other up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use log::{info, warn};
use remo_wire::names::SecretName;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::timing::Pause;
use crate::failure::chain;
use crate::login::{self, Login};

/// Pauses before a login is tried again that could not be renewed, and before records are read again that could not.
const PAUSE_FIRST: Duration = Duration::from_secs(30);
const PAUSE_LONGEST: Duration = Duration::from_hours(1);

/// How long a child may take: longer than recipes give their tools, which are ended by then.
const LIMIT: Duration = Duration::from_hours(1);

/// How long a child has to end its tool and to wipe the tool's home.
const GRACE: Duration = Duration::from_secs(10);

/// This very program, also when another release has taken its place on the disk.
const OURSELVES: &str = "/proc/self/exe";

/// Renews logins. Ends its child when it is dropped.
#[derive(Debug)]
pub struct Renewal {
    store: PathBuf,
    key_file: PathBuf,
    /// Of `remo-login`, without the names.
    arguments: Vec<OsString>,
    /// What the records looked like when they were read.
    seen: Option<(u64, u64, i64, i64)>,
    /// The logins that can be renewed.
    logins: Vec<Login>,
    /// Of those that could not be renewed.
    waiting: BTreeMap<SecretName, Waiting>,
    unreadable: Option<Waiting>,
    child: Option<Running>,
}

#[derive(Debug)]
struct Waiting {
    until: Instant,
    pause: Pause,
}

#[derive(Debug)]
struct Running {
    process: Child,
    /// Readable when it has ended.
    end: OwnedFd,
    names: Vec<SecretName>,
    deadline: Instant,
}

impl Waiting {
    fn new(now: Instant) -> Self {
        let mut waiting = Self { until: now, pause: Pause::new(PAUSE_FIRST, PAUSE_LONGEST) };
        waiting.grow(now);
        waiting
    }

    fn grow(&mut self, now: Instant) {
        self.until = now + self.pause.grow();
    }
}

impl Renewal {
    /// Renews the logins of `store` by `remo-login` with `arguments`, the names behind them.
    pub fn new(store: &Path, key_file: &Path, arguments: Vec<OsString>) -> Self {
        Self {
            store: store.to_owned(),
            key_file: key_file.to_owned(),
            arguments,
            seen: None,
            logins: Vec::new(),
            waiting: BTreeMap::new(),
            unreadable: None,
            child: None,
        }
    }

    /// What becomes readable when the child ends.
    pub(super) fn child(&self) -> Option<BorrowedFd<'_>> {
        self.child.as_ref().map(|child| child.end.as_fd())
    }

    /// The regular look: starts a child when something is due.
    pub(super) fn check(&mut self, now: Instant) {
        if self.child.as_ref().is_some_and(|child| child.deadline <= now) {
            warn!("remo-login refresh took longer than {} s and is ended", LIMIT.as_secs());
            self.end_child();
            self.judge();
        }
        self.read(now);
        if self.child.is_some() {
            return;
        }
        let names = self.due(|name| self.waiting.get(name).is_none_or(|it| it.until <= now));
        if !names.is_empty() {
            self.start(names, now);
        }
    }

    /// Takes note of the end of the child.
    pub(super) fn attend(&mut self) {
        if let Some(child) = &mut self.child
            && matches!(child.process.try_wait(), Ok(Some(_)) | Err(_))
        {
            self.judge();
        }
    }

    /// Names of the logins that are due and that `wanted` lets through.
    fn due(&self, wanted: impl Fn(&SecretName) -> bool) -> Vec<SecretName> {
        let now = Timestamp::now();
        let due = self.logins.iter().filter(|login| login.standing(now).is_due());
        due.map(|login| login.name.clone()).filter(|name| wanted(name)).collect()
    }

    /// Reads the records when they have changed.
    fn read(&mut self, now: Instant) {
        let records = login::logins_file(&self.store);
        let seen = fs::symlink_metadata(records)
            .ok()
            .map(|file| (file.dev(), file.ino(), file.mtime(), file.mtime_nsec()));
        if seen == self.seen || self.unreadable.as_ref().is_some_and(|waiting| now < waiting.until) {
            return;
        }
        match login::known(&self.store, &self.key_file) {
            Ok(logins) => {
                self.seen = seen;
                self.unreadable = None;
                self.logins = logins.into_iter().filter(|login| login.refreshable).collect();
                // Somebody has logged in again, or forgotten the login.
                let due = self.due(|_| true);
                self.waiting.retain(|name, _| due.contains(name));
            }
            Err(error) => {
                if let Some(waiting) = &mut self.unreadable {
                    waiting.grow(now);
                } else {
                    warn!("which logins are to be renewed cannot be read: {}", chain(&error));
                    self.unreadable = Some(Waiting::new(now));
                }
            }
        }
    }

    fn start(&mut self, names: Vec<SecretName>, now: Instant) {
        let list = names.iter().map(SecretName::as_str).collect::<Vec<_>>().join(", ");
        info!("renewing {list}: remo-login refresh");
        let mut command = Command::new(OURSELVES);
        command.arg0("remo-login").args(&self.arguments).args(names.iter().map(SecretName::as_str));
        // What it says on standard error holds no values, and belongs into this log.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        remo_sys::end_with_parent(&mut command, Signal::TERM);
        let started = command.spawn().and_then(|mut process| {
            match pidfd_open(Pid::from_child(&process), PidfdFlags::empty()) {
                Ok(end) => Ok((process, end)),
                Err(error) => {
                    let _ = process.kill();
                    let _ = process.wait();
                    Err(error.into())
                }
            }
        });
        match started {
            Ok((process, end)) => {
                self.child = Some(Running { process, end, names, deadline: now + LIMIT });
            }
            Err(error) => {
                warn!("cannot start remo-login: {error}");
                self.pause(names);
            }
        }
    }

    /// After the end of the child: what is due still has to wait.
    fn judge(&mut self) {
        let Some(child) = self.child.take() else { return };
        self.unreadable = None;
        self.read(Instant::now());
        let due = self.due(|name| child.names.contains(name));
        self.waiting.retain(|name, _| !child.names.contains(name) || due.contains(name));
        self.pause(due);
    }

    fn pause(&mut self, names: Vec<SecretName>) {
        let now = Instant::now();
        for name in names {
            let waiting = self
                .waiting
                .entry(name.clone())
                .and_modify(|it| it.grow(now))
                .or_insert_with(|| Waiting::new(now));
            let pause = waiting.until.duration_since(now).as_secs();
            warn!("{name} is due still; tried again in {pause} s");
        }
    }

    /// Asks the child to end, waits for that, and kills it if need be.
    fn end_child(&mut self) {
        let Some(child) = &mut self.child else { return };
        if pidfd_send_signal(&child.end, Signal::TERM).is_ok() {
            let wait = Timespec::try_from(GRACE).ok();
            let _ = poll(&mut [PollFd::new(&child.end, PollFlags::IN)], wait.as_ref());
        }
        let _ = child.process.kill();
        let _ = child.process.wait();
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.end_child();
    }
}
