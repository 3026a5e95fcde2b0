//! The audit log as the broker writes it: lines are gathered for one turn of the loop and handed to the
//! kernel together, before any answer of that turn leaves.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::event::{Event, Outcome};
use super::file::LogFile;
use super::flusher::Flusher;
use crate::config::{AuditConfig, AuditFailure};
use crate::metrics::Tally;

/// Lines that wait in memory while the log cannot be written.
const RETAINED_MAX: usize = 1000;

/// How often a rename of the log from outside is looked for.
const RENAME_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How often a log that cannot be written is tried again: a full disk must not cost every turn a try.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The gathered lines' usual size; a larger buffer is given back after its turn.
const BATCH_CAPACITY: usize = 64 * 1024;

/// Whether the lines of a turn are on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Handed to the kernel, or kept to be written later as the configuration allows: answers may leave.
    Yes,
    /// Not on record, and the configuration says that nothing is vended then.
    No,
}

/// One line of the turn.
#[derive(Debug, Clone, Copy)]
struct Line {
    end: usize,
    /// It says that a value was handed out.
    vends: bool,
}

/// The log, its open file and what waits for it.
#[derive(Debug)]
pub struct AuditLog {
    config: AuditConfig,
    file: Option<LogFile>,
    flusher: Flusher,
    needs_flush: bool,
    /// Files that were rotated away and whose last lines are not flushed yet.
    rotated: Vec<Arc<File>>,
    batch: Vec<u8>,
    batch_lines: Vec<Line>,
    retained: VecDeque<Vec<u8>>,
    lost: u64,
    failing: bool,
    /// When writing was tried last while it fails.
    tried: Instant,
    checked_rename: Instant,
    now: String,
    tally: Tally,
}

impl AuditLog {
    /// Opens the log. Under `on_failure = "serve"` a log that cannot be opened is a warning.
    pub fn open(config: &AuditConfig) -> std::io::Result<Self> {
        let file = match LogFile::open(&config.path, config.rotate_bytes, config.keep_files) {
            Ok(file) => Some(file),
            Err(error) if config.on_failure == AuditFailure::Serve => {
                log::warn!(
                    "cannot open the audit log {}: {error}; events wait in memory",
                    config.path.display()
                );
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            failing: file.is_none(),
            config: config.clone(),
            file,
            flusher: Flusher::start(flush_interval(config))?,
            needs_flush: false,
            rotated: Vec::new(),
            batch: Vec::with_capacity(BATCH_CAPACITY),
            batch_lines: Vec::new(),
            retained: VecDeque::new(),
            lost: 0,
            tried: Instant::now(),
            checked_rename: Instant::now(),
            now: String::new(),
            tally: Tally::default(),
        })
    }

    /// Sets the time that the lines of this turn carry.
    pub fn begin_turn(&mut self) {
        self.now.clear();
    }

    /// Adds one line to this turn. Returns its length in bytes.
    pub fn record(&mut self, event: &Event<'_>) -> usize {
        if self.now.is_empty() {
            self.now = format!("{:.3}", Timestamp::now());
        }
        self.tally.count(event);
        let start = self.batch.len();
        // Writing into memory fails only when a type cannot be JSON, which these can.
        if event.append_line(&self.now, &mut self.batch).is_err() {
            self.lose(1);
            return 0;
        }
        let vends = matches!(event, Event::Fetch { outcome: Outcome::Ok, .. });
        self.batch_lines.push(Line { end: self.batch.len(), vends });
        self.batch.len() - start
    }

    /// What was recorded since the broker started.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The same, to say what is to be counted.
    pub fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Lines that wait in memory because the log cannot be written.
    pub fn waiting_lines(&self) -> usize {
        self.retained.len()
    }

    /// Whether the log can be written.
    pub fn works(&self) -> bool {
        !self.failing
    }

    /// Hands the lines of this turn to the kernel.
    pub fn commit(&mut self) -> Recorded {
        if self.batch.is_empty() {
            return Recorded::Yes;
        }
        let written = (!self.failing || self.recover()) && self.write_batch();
        if !written {
            self.retain_batch();
        }
        self.batch.clear();
        self.batch_lines.clear();
        if self.batch.capacity() > BATCH_CAPACITY {
            self.batch = Vec::with_capacity(BATCH_CAPACITY);
        }
        if written || self.config.on_failure == AuditFailure::Serve { Recorded::Yes } else { Recorded::No }
    }

    /// What is due once in a while: flushing, a log that was renamed, and lines that wait.
    pub fn housekeeping(&mut self, now: Instant) {
        if self.failing && self.recover() {
            log::info!("the audit log {} is written again", self.config.path.display());
        }
        if now.saturating_duration_since(self.checked_rename) >= RENAME_CHECK_INTERVAL {
            self.checked_rename = now;
            if let Some(Err(error)) = self.file.as_mut().map(LogFile::follow_rename) {
                self.fail(&error);
            }
        }
        while let Some(old) = self.rotated.last()
            && self.flusher.request(Arc::clone(old))
        {
            self.rotated.pop();
        }
        if self.needs_flush
            && let Some(file) = &self.file
        {
            self.needs_flush = !self.flusher.request(file.handle());
        }
    }

    /// Whether [`AuditLog::housekeeping`] has something to do soon.
    pub fn is_busy(&self) -> bool {
        self.failing || self.needs_flush || !self.rotated.is_empty()
    }

    /// Takes over settings that may change while the log is open; its path is not among them.
    pub fn reconfigure(&mut self, config: &AuditConfig) {
        let path = self.config.path.clone();
        self.config = AuditConfig { path, ..config.clone() };
        if let Some(file) = &mut self.file {
            file.set_rotation(config.rotate_bytes, config.keep_files);
        }
        match Flusher::start(flush_interval(config)) {
            Ok(flusher) => self.flusher = flusher,
            Err(error) => log::warn!("the audit log is flushed as often as before: {error}"),
        }
    }

    /// Flushes to the disk now; the last thing before the process ends.
    pub fn finish(&mut self) {
        self.commit();
        if self.failing && !self.write_waiting() {
            let count = self.retained.len() as u64 + self.lost;
            log::error!("{count} audit events could not be written and are lost");
        }
        let current = self.file.as_ref().map(LogFile::handle);
        for file in self.rotated.drain(..).chain(current) {
            if let Err(error) = file.sync_data() {
                log::warn!("the audit log could not be flushed to the disk: {error}");
            }
        }
    }

    fn write_batch(&mut self) -> bool {
        let Some(file) = &mut self.file else { return false };
        if let Err(error) = file.append(&self.batch) {
            self.fail(&error);
            return false;
        }
        self.needs_flush = true;
        match file.rotate_if_large() {
            Ok(old) => self.rotated.extend(old),
            // The lines are on record; a log that grows is better than none.
            Err(error) => log::warn!("cannot rotate the audit log {}: {error}", self.config.path.display()),
        }
        true
    }

    /// Tries to write what waits, once in a while. Returns whether the log works.
    fn recover(&mut self) -> bool {
        if self.tried.elapsed() < RETRY_INTERVAL {
            return false;
        }
        self.tried = Instant::now();
        self.write_waiting()
    }

    /// Writes what waits, with a line that says how much was lost. Returns whether the log works.
    fn write_waiting(&mut self) -> bool {
        let result = match &mut self.file {
            Some(file) => file.follow_rename().map(|_| ()),
            None => LogFile::open(&self.config.path, self.config.rotate_bytes, self.config.keep_files)
                .map(|file| self.file = Some(file)),
        };
        if result.is_err() {
            return false;
        }
        let mut waiting: Vec<u8> = self.retained.iter().flatten().copied().collect();
        if self.lost > 0 {
            let now = format!("{:.3}", Timestamp::now());
            if let Err(error) = (Event::AuditLost { count: self.lost }).append_line(&now, &mut waiting) {
                log::error!("cannot record that {} events were lost: {error}", self.lost);
            }
        }
        let Some(file) = &mut self.file else { return false };
        if file.append(&waiting).is_err() {
            return false;
        }
        self.retained.clear();
        self.lost = 0;
        self.failing = false;
        self.needs_flush = true;
        true
    }

    fn retain_batch(&mut self) {
        let mut start = 0;
        for line in &self.batch_lines {
            let range = start..line.end;
            start = line.end;
            if line.vends && self.config.on_failure == AuditFailure::Refuse {
                // Its answer does not leave, so the line would say what did not happen.
                self.lost += 1;
                self.tally.lost(1);
                continue;
            }
            if self.retained.len() == RETAINED_MAX {
                self.retained.pop_front();
                self.lost += 1;
                self.tally.lost(1);
            }
            self.retained.push_back(self.batch[range].to_vec());
        }
    }

    fn lose(&mut self, lines: u64) {
        self.lost += lines;
        self.tally.lost(lines);
    }

    fn fail(&mut self, error: &std::io::Error) {
        if !self.failing {
            log::error!("cannot write the audit log {}: {error}", self.config.path.display());
        }
        self.failing = true;
    }
}

fn flush_interval(config: &AuditConfig) -> Duration {
    Duration::from_secs(config.sync_interval_seconds.into())
}
