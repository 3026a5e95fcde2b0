//! Counts the lines that a broker adds to its audit log, whatever file they are in by then.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::failure::Failure;

/// What a line of an answered fetch holds, and no other.
const FETCH: &[u8] = br#""event":"fetch""#;
const ANSWERED: &[u8] = br#""outcome":"ok""#;

/// A log of a round is tens of megabytes; read in few calls.
const READ_BUFFER: usize = 1 << 20;

/// The files of a log, and how far each has been counted.
///
/// They are kept open, because the number of a file that was rotated away and deleted is given to the next
/// new file at once, which would then pass for counted.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    files: HashMap<u64, Counted>,
}

/// One file.
#[derive(Debug)]
struct Counted {
    file: File,
    bytes: u64,
}

impl AuditLog {
    /// Counts from now on.
    pub(super) fn from_now(path: PathBuf) -> Result<Self, Failure> {
        let mut log = Self { path, files: HashMap::new() };
        log.take()?;
        Ok(log)
    }

    /// How many answered fetches were recorded since the last call.
    ///
    /// To be called before a file that was not seen yet is deleted: with the shipped settings, at least once
    /// for each half GiB.
    pub fn take(&mut self) -> Result<u64, Failure> {
        let unreadable = |path: &Path| Failure::because(format!("cannot read {}", path.display()));
        for path in self.paths()? {
            let file = File::open(&path).map_err(unreadable(&path))?;
            let inode = file.metadata().map_err(unreadable(&path))?.ino();
            self.files.entry(inode).or_insert(Counted { file, bytes: 0 });
        }
        let mut lines = 0;
        for counted in self.files.values_mut() {
            lines += counted.take().map_err(unreadable(&self.path))?;
        }
        self.files.retain(|_, counted| counted.file.metadata().is_ok_and(|metadata| metadata.nlink() > 0));
        Ok(lines)
    }

    /// The log and its rotated files.
    fn paths(&self) -> Result<Vec<PathBuf>, Failure> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let unreadable = || format!("cannot read {}", directory.display());
        let own = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        for entry in fs::read_dir(directory).map_err(Failure::because(unreadable()))? {
            let entry = entry.map_err(Failure::because(unreadable()))?;
            if entry.file_name().to_string_lossy().starts_with(&own) {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

impl Counted {
    /// Counts what is new in this file, whole lines only.
    fn take(&mut self) -> io::Result<u64> {
        let mut lines = 0;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        let mut reader = BufReader::with_capacity(READ_BUFFER, &self.file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                return Ok(lines);
            }
            self.bytes += u64::try_from(read).unwrap_or(u64::MAX);
            lines +=
                u64::from(memmem::find(&line, FETCH).is_some() && memmem::find(&line, ANSWERED).is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LINE: &[u8] = b"{\"event\":\"fetch\",\"outcome\":\"ok\"}\n";

    #[test]
    fn lines_are_counted_once_over_a_rotation() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.log");
        fs::write(&path, [LINE, LINE].concat()).unwrap();
        let mut log = AuditLog::from_now(path.clone()).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(LINE).unwrap();
        file.write_all(b"{\"event\":\"fetch\",\"outcome\":\"denied\"}\n").unwrap();
        fs::rename(&path, directory.path().join("audit.log.1")).unwrap();
        fs::write(&path, [LINE, b"{\"event\":\"fe"].concat()).unwrap();
        assert_eq!(log.take().unwrap(), 2);
        assert_eq!(log.take().unwrap(), 0);
    }

    #[test]
    fn a_file_that_takes_the_place_of_a_deleted_one_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.log");
        fs::write(&path, [LINE, LINE].concat()).unwrap();
        let mut log = AuditLog::from_now(path.clone()).unwrap();
        for _ in 0..3 {
            fs::remove_file(&path).unwrap();
            fs::write(&path, [LINE, LINE].concat()).unwrap();
            assert_eq!(log.take().unwrap(), 2);
        }
    }
}
