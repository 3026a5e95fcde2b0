//! Counts the lines that a broker adds to its audit log, whatever file they are in by then.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::failure::Failure;

/// What a line of an answered fetch holds, and no other.
const FETCH: &[u8] = br#""event":"fetch""#;
const ANSWERED: &[u8] = br#""outcome":"ok""#;

/// How far each file of a log has been counted. A file keeps its number over a rotation.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    counted: HashMap<u64, u64>,
}

impl AuditLog {
    /// Counts from now on.
    pub(super) fn from_now(path: PathBuf) -> Result<Self, Failure> {
        let mut log = Self { path, counted: HashMap::new() };
        log.take()?;
        Ok(log)
    }

    /// How many answered fetches were recorded since the last call.
    ///
    /// To be called before a file that was not counted yet is rotated away: with the shipped settings, at
    /// least once for each half GiB.
    pub fn take(&mut self) -> Result<u64, Failure> {
        let unreadable = |path: &Path| Failure::because(format!("cannot read {}", path.display()));
        let mut lines = 0;
        for path in self.files()? {
            let mut file = File::open(&path).map_err(unreadable(&path))?;
            let inode = file.metadata().map_err(unreadable(&path))?.ino();
            let counted = self.counted.entry(inode).or_default();
            file.seek(SeekFrom::Start(*counted)).map_err(unreadable(&path))?;
            let mut reader = BufReader::with_capacity(1 << 20, file);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = reader.read_until(b'\n', &mut line).map_err(unreadable(&path))?;
                if line.last() != Some(&b'\n') {
                    break;
                }
                *counted += u64::try_from(read).unwrap_or(u64::MAX);
                lines += u64::from(
                    memmem::find(&line, FETCH).is_some() && memmem::find(&line, ANSWERED).is_some(),
                );
            }
        }
        Ok(lines)
    }

    /// The log and its rotated files.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
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
}
