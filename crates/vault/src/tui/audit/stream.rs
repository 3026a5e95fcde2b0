//! The last records of the log.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use super::record::Record;
use super::tail::Lines;

/// How many records are kept.
pub const RECORDS_MAX: usize = 1000;

/// The end of the log as far as it is known. Memory stays bounded whatever is written to the log.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stream {
    records: VecDeque<Record>,
    arrived: u64,
    unreadable: u64,
    gaps: u64,
    problem: Option<(String, String)>,
}

impl Stream {
    /// Takes what a look at the log found. Lines that are no records are counted and dropped.
    pub fn append(&mut self, found: &Lines) {
        self.problem = None;
        self.unreadable += found.too_long;
        self.gaps += found.gaps;
        for line in &found.lines {
            let Some(record) = Record::parse(line) else {
                self.unreadable += 1;
                continue;
            };
            if self.records.len() == RECORDS_MAX {
                self.records.pop_front();
            }
            self.records.push_back(record);
            self.arrived += 1;
        }
    }

    /// Notes why the log cannot be read; what is known of it stays.
    pub fn fail(&mut self, path: &Path, error: &io::Error) {
        let path = path.display();
        let hint = match error.kind() {
            io::ErrorKind::NotFound => {
                "name the broker's log with --audit-log FILE; inside the vault container it has to be mounted"
                    .to_owned()
            }
            io::ErrorKind::PermissionDenied => format!(
                "run as a user who may read it, or look with: sudo remo-broker audit --audit-log-path {path}"
            ),
            _ => "name the broker's own log with --audit-log FILE".to_owned(),
        };
        self.problem = Some((format!("cannot read the audit log {path}: {error}"), hint));
    }

    /// The records, the oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> + ExactSizeIterator {
        self.records.iter()
    }

    /// How many records came since the beginning, also those that are not kept any more.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// How many lines were no records.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// How many times records may have gone by unread.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Why the log cannot be read, and what to do.
    pub fn problem(&self) -> Option<(&str, &str)> {
        self.problem.as_ref().map(|(problem, hint)| (problem.as_str(), hint.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> Vec<u8> {
        format!("{{\"timestamp\":\"t\",\"event\":\"e{number}\"}}").into_bytes()
    }

    #[test]
    fn only_the_last_records_are_kept_and_bad_lines_counted() {
        let mut stream = Stream::default();
        let mut lines: Vec<_> = (0..RECORDS_MAX + 5).map(line).collect();
        lines.push(b"\x1b[2Jnot json".to_vec());
        stream.append(&Lines { lines, too_long: 2, gaps: 1 });
        assert_eq!(stream.records().len(), RECORDS_MAX);
        assert_eq!(stream.records().next().unwrap().event, "e5");
        assert_eq!((stream.unreadable(), stream.gaps()), (3, 1));
        assert_eq!(stream.arrived(), 1005);
    }

    #[test]
    fn a_log_that_cannot_be_read_says_why_until_it_can() {
        let mut stream = Stream::default();
        stream.fail(Path::new("/x/audit.log"), &io::ErrorKind::NotFound.into());
        let (problem, hint) = stream.problem().unwrap();
        assert!(problem.contains("/x/audit.log") && hint.contains("--audit-log"));
        stream.append(&Lines::default());
        assert_eq!(stream.problem(), None);
    }
}
