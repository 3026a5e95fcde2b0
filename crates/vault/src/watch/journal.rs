//! Keeps the watcher's report: written at every change of state, remembered over restarts.
//!
//! When a value has changed is told by a digest under a key of this process, so that a value that is only sealed
//! anew has not changed. Over a restart it is told by the source's own time of change, or by a mark of the
//! ciphertext; neither says anything about the value.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use log::warn;
use remo_wire::admin::PushResponse;
use remo_wire::names::SecretName;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, Digester};
use super::report::{self, Found, Known, LastPush, Report, Reporter, State};
use crate::source::Reading;

/// What the file holds besides the report.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Marks {
    #[serde(default)]
    marks: BTreeMap<SecretName, String>,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    report: &'a Report,
    marks: &'a BTreeMap<SecretName, String>,
}

/// The report and what it takes to keep it.
pub(super) struct Journal {
    store: PathBuf,
    reporter: Option<Reporter>,
    report: Report,
    marks: BTreeMap<SecretName, String>,
    /// Digests of the values that were read last.
    digests: BTreeMap<SecretName, Digest>,
    /// What the file holds.
    written: Option<Report>,
    warned: bool,
}

impl Journal {
    /// Takes up the report of `store`.
    ///
    /// # Errors
    /// `WouldBlock` when another watcher of this store lives.
    pub(super) fn open(store: &Path) -> io::Result<Self> {
        let now = Timestamp::now();
        let report = Report {
            pid: std::process::id(),
            started_at: now,
            state: State::Starting,
            since: now,
            problem: None,
            hint: None,
            last_push: None,
            faults: BTreeMap::new(),
            unpushable: Vec::new(),
            secrets: BTreeMap::new(),
        };
        let mut journal = Self {
            store: store.to_owned(),
            reporter: None,
            report,
            marks: BTreeMap::new(),
            digests: BTreeMap::new(),
            written: None,
            warned: false,
        };
        journal.save()?;
        Ok(journal)
    }

    /// What is known of the secrets that were read last.
    pub(super) fn known(&self) -> &BTreeMap<SecretName, Known> {
        &self.report.secrets
    }

    /// Notes what was read.
    pub(super) fn read(&mut self, reading: &Reading, digester: &Digester) -> io::Result<()> {
        let now = Timestamp::now();
        let mut secrets = BTreeMap::new();
        let mut digests = BTreeMap::new();
        for (name, entry) in &reading.secrets {
            let digest = digester.value(&entry.value)?;
            let before = self.report.secrets.get(name);
            let same = match (self.digests.get(name), entry.changed_at, reading.marks.get(name)) {
                (Some(before), ..) => *before == digest,
                (None, Some(at), _) => before.is_some_and(|known| known.changed_at == Some(at)),
                (None, None, mark) => mark.is_some() && self.marks.get(name) == mark,
            };
            let known = if same { before.cloned().unwrap_or_default() } else { Known::default() };
            let changed_at = entry.changed_at.or(known.changed_at).or(Some(now));
            secrets.insert(name.clone(), Known { changed_at, ..known });
            digests.insert(name.clone(), digest);
        }
        for name in reading.faults.keys() {
            // Its value is not known now; the broker keeps what it has of it.
            if let Some(known) = self.report.secrets.get(name) {
                secrets.insert(name.clone(), known.clone());
            }
            if let Some(digest) = self.digests.get(name) {
                digests.insert(name.clone(), *digest);
            }
        }
        self.report.secrets = secrets;
        self.digests = digests;
        self.marks.clone_from(&reading.marks);
        self.report.faults =
            reading.faults.iter().map(|(name, fault)| (name.clone(), fault.to_string())).collect();
        self.report.unpushable.clone_from(&reading.unpushable);
        Ok(())
    }

    /// Notes a push that the broker took; `pushed` are the names in it.
    pub(super) fn pushed(&mut self, response: &PushResponse, instance_id: &str, pushed: &[SecretName]) {
        let at = Timestamp::now();
        for name in pushed {
            if let Some(known) = self.report.secrets.get_mut(name) {
                known.pushed_at = Some(at);
            }
        }
        self.report.last_push = Some(LastPush {
            at,
            generation: response.generation,
            instance_id: instance_id.to_owned(),
            secret_count: response.secret_count,
        });
    }

    /// Notes how the watcher is doing, and writes the report when anything in it has changed.
    ///
    /// # Errors
    /// `WouldBlock` when another watcher has taken this store meanwhile.
    pub(super) fn state(
        &mut self,
        state: State,
        problem: Option<String>,
        hint: Option<String>,
    ) -> io::Result<()> {
        if self.report.state != state {
            self.report.state = state;
            self.report.since = Timestamp::now();
        }
        self.report.problem = problem;
        self.report.hint = hint;
        self.save()
    }

    /// Writes the report when anything in it has changed, or when the folder is another one.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.reporter.as_ref().is_some_and(|reporter| !reporter.is_in_place(&self.store)) {
            self.reporter = None;
        }
        let saved = match self.reporter {
            None => self.settle().and_then(|()| self.write()),
            Some(_) if self.written.as_ref() == Some(&self.report) => Ok(()),
            Some(_) => self.write(),
        };
        match saved {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            // The folder is still to be made, or away for the moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => {
                self.warn_once(&error);
                Ok(())
            }
            Ok(()) => {
                self.warned = false;
                Ok(())
            }
        }
    }

    /// The regular sign of life; makes the report again when it was removed.
    ///
    /// # Errors
    /// `WouldBlock` when another watcher has taken this store meanwhile.
    pub(super) fn alive(&mut self) -> io::Result<()> {
        if fs::symlink_metadata(report::path(&self.store)).is_err() {
            self.written = None;
        }
        if let Some(Err(error)) = self.reporter.as_ref().map(Reporter::beat) {
            self.warn_once(&error);
        }
        self.save()
    }

    /// Takes the lock again when it was removed.
    ///
    /// # Errors
    /// `WouldBlock` when another watcher has taken this store meanwhile.
    pub(super) fn keep_place(&mut self) -> io::Result<()> {
        let lost = self.reporter.as_ref().is_some_and(|reporter| !reporter.is_in_place(&self.store));
        if lost { self.save() } else { Ok(()) }
    }

    fn warn_once(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.warned, true) {
            warn!("cannot write the report {}: {error}", report::path(&self.store).display());
        }
    }

    /// Takes the lock in the store's folder, and what the last watcher there remembered.
    fn settle(&mut self) -> io::Result<()> {
        let reporter = Reporter::new(&self.store)?;
        self.written = None;
        if self.report.secrets.is_empty() {
            // What is not readable as a report is not missed.
            match report::read(&self.store) {
                Ok(
                    Found::Stopped(Some(before))
                    | Found::Running(before)
                    | Found::Unresponsive { report: before, .. },
                ) => {
                    self.report.secrets = before.secrets;
                    self.report.last_push = before.last_push;
                }
                Ok(Found::Stopped(None)) | Err(_) => {}
            }
            self.marks = report::read_as::<Marks>(&self.store).unwrap_or_default().marks;
        }
        let beat = reporter.beat();
        self.reporter = Some(reporter);
        beat
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(reporter) = &self.reporter else { return Ok(()) };
        reporter.write(&Kept { report: &self.report, marks: &self.marks })?;
        self.written = Some(self.report.clone());
        Ok(())
    }
}
