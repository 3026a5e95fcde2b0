//! The threads behind the view: one makes pictures, one follows the audit log, one at a time does what was asked for.
//! Keys never wait for any of them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender as Channel, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

use super::audit::Tail;
use super::job::Job;
use super::mail::{Letter, Sender};
use crate::cli::Locations;
use crate::commands;
use crate::overview::{self, Depth, Facts, Overview, Places};

/// Between two pictures.
const PICTURE_EVERY: Duration = Duration::from_secs(1);

/// How long the broker may take for all answers of one picture, and for each answer to a job.
pub(super) const BROKER_PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at the audit log. Nobody notices a shorter wait.
const AUDIT_EVERY: Duration = Duration::from_millis(200);

/// The store is read anew when its files changed, and after this time in any case: a key can expire, a tool can be
/// installed, without a change of those files.
const STORE_EVERY: Duration = Duration::from_secs(30);

/// Starts making pictures; what is sent on the returned channel asks for one at once.
pub(super) fn pictures(locations: &Locations, mail: Sender) -> io::Result<Channel<()>> {
    let (ask, asked) = channel();
    let locations = locations.clone();
    thread::Builder::new().name("pictures".to_owned()).spawn(move || {
        Photographer::new(&locations).run(&asked, &mail);
    })?;
    Ok(ask)
}

struct Photographer<'a> {
    locations: &'a Locations,
    store: Option<StoreSeen>,
}

/// The store as it was read last. To read it costs a run of fnox, so it is not done every second.
struct StoreSeen {
    facts: Facts,
    at: Instant,
    stamps: Vec<Stamp>,
}

/// What tells one state of a file from another.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

impl<'a> Photographer<'a> {
    fn new(locations: &'a Locations) -> Self {
        Self { locations, store: None }
    }

    fn run(mut self, asked: &Receiver<()>, mail: &Sender) {
        let mut anew = true;
        loop {
            mail.send(Letter::Asking);
            let picture = Box::new(self.picture(anew));
            // The embedded store leaves its former version behind: one that lost its file is not a new one.
            let store = self.locations.store_path();
            let there_is_a_store = store.exists() || crate::store::previous(store).exists();
            if !mail.send(Letter::Picture(picture, there_is_a_store)) {
                return;
            }
            anew = match asked.recv_timeout(PICTURE_EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            while asked.try_recv().is_ok() {}
        }
    }

    fn picture(&mut self, anew: bool) -> Overview {
        let source = commands::source(self.locations);
        let mut files = source.watched_files();
        files.push(self.locations.key_file.clone());
        // Before the reading: what changes meanwhile is read once more.
        let stamps: Vec<_> = files.iter().map(|file| stamp(file)).collect();
        let places = Places {
            source: &*source,
            store: self.locations.store_path(),
            key_file: &self.locations.key_file,
            admin_socket: &self.locations.admin_socket,
        };
        let seen = self
            .store
            .take()
            .filter(|seen| !anew && seen.stamps == stamps && seen.at.elapsed() < STORE_EVERY);
        let depth = if seen.is_some() { Depth::Quick } else { Depth::Full };
        let mut facts = overview::gather(&places, depth, BROKER_PATIENCE);
        match seen {
            Some(seen) => {
                facts.store.clone_from(&seen.facts.store);
                // Which logins still hold was told by the store's values.
                facts.logins.clone_from(&seen.facts.logins);
                self.store = Some(seen);
            }
            None => self.store = Some(StoreSeen { facts: facts.clone(), at: Instant::now(), stamps }),
        }
        Overview::new(&facts)
    }
}

fn stamp(path: &Path) -> Stamp {
    let there = fs::metadata(path).ok()?;
    Some((there.dev(), there.ino(), there.len(), there.ctime(), there.ctime_nsec()))
}

/// Starts following the audit log.
pub(super) fn audit(path: PathBuf, mail: Sender) -> io::Result<()> {
    thread::Builder::new().name("audit".to_owned()).spawn(move || {
        let mut tail = Tail::new(&path);
        let mut failed = None;
        loop {
            let found = tail.look();
            let kind = found.as_ref().err().map(io::Error::kind);
            let is_news = match &found {
                Ok(lines) => failed.is_some() || !lines.lines.is_empty() || lines.too_long + lines.gaps > 0,
                Err(_) => failed != kind,
            };
            failed = kind;
            if is_news && !mail.send(Letter::Audit(found)) {
                return;
            }
            thread::park_timeout(AUDIT_EVERY);
        }
    })?;
    Ok(())
}

/// Starts `job`.
pub(super) fn work(locations: &Locations, job: Job, mail: Sender) -> io::Result<()> {
    let locations = locations.clone();
    thread::Builder::new().name("job".to_owned()).spawn(move || {
        mail.send(Letter::Done(job.run(&locations)));
    })?;
    Ok(())
}
