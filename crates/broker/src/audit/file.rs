//! The file under the audit log: whole lines or none, rotation by size, and rotation from outside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Mode of the log.
const LOG_MODE: u32 = 0o640;

/// An append-only file that starts over when it is large enough.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: Arc<File>,
    length: u64,
    rotate_bytes: u64,
    keep_files: u32,
    /// A half line is at the end and could not be cut off.
    torn: bool,
}

impl LogFile {
    /// Opens the log for appending; makes it when it is not there. Its folder must exist.
    pub(super) fn open(path: &Path, rotate_bytes: u64, keep_files: u32) -> io::Result<Self> {
        let (file, length) = open(path)?;
        let mut log = Self { path: path.to_owned(), file, length, rotate_bytes, keep_files, torn: false };
        log.torn = log.ends_inside_line();
        Ok(log)
    }

    /// Whether the file ends without a newline, as a crash of the machine may leave it.
    fn ends_inside_line(&self) -> bool {
        let Some(last) = self.length.checked_sub(1) else { return false };
        let mut byte = [0];
        // The log is open for appending only; a reader of its own looks at the end.
        File::open(&self.path).and_then(|file| file.read_exact_at(&mut byte, last)).is_ok()
            && byte[0] != b'\n'
    }

    /// Sets when a new file begins and how many earlier ones are kept.
    pub(super) fn set_rotation(&mut self, rotate_bytes: u64, keep_files: u32) {
        self.rotate_bytes = rotate_bytes;
        self.keep_files = keep_files;
    }

    /// The open file, for the thread that flushes it.
    pub(super) fn handle(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Hands whole lines to the kernel. After an error none of them is in the file.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.torn {
            (&*self.file).write_all(b"\n")?;
            self.torn = false;
            self.length += 1;
        }
        let mut written = 0;
        while written < lines.len() {
            match (&*self.file).write(&lines[written..]) {
                Ok(length) if length > 0 => written += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                failed => {
                    // A full disk may have taken a part: cut it off, or keep in mind that it is there.
                    self.torn = written > 0 && self.cut_off(written as u64).is_err();
                    return Err(failed.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into()));
                }
            }
        }
        self.length += written as u64;
        Ok(())
    }

    /// Takes the last `count` bytes off the end, wherever it is by now.
    fn cut_off(&self, count: u64) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        self.file.set_len(length.saturating_sub(count))
    }

    /// Starts a new file when this one is large enough. Returns whether it did.
    pub(super) fn rotate_if_large(&mut self) -> io::Result<bool> {
        if self.length < self.rotate_bytes {
            return Ok(false);
        }
        for number in (1..self.keep_files).rev() {
            rename_if_there(&self.numbered(number), &self.numbered(number + 1))?;
        }
        if self.keep_files == 0 {
            fs::remove_file(&self.path)?;
        } else {
            fs::rename(&self.path, self.numbered(1))?;
        }
        self.reopen()?;
        Ok(true)
    }

    /// Opens the path again when another file, or none, is there by now. Returns whether it did.
    pub(super) fn follow_rename(&mut self) -> io::Result<bool> {
        let ours = self.file.metadata()?;
        let same =
            fs::metadata(&self.path).is_ok_and(|now| now.dev() == ours.dev() && now.ino() == ours.ino());
        if same {
            // Truncated in place (`copytruncate`): appending goes on at the new end.
            self.length = ours.len();
            return Ok(false);
        }
        self.reopen()?;
        Ok(true)
    }

    fn reopen(&mut self) -> io::Result<()> {
        let (file, length) = open(&self.path)?;
        self.file = file;
        self.length = length;
        self.torn = self.ends_inside_line();
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn open(path: &Path) -> io::Result<(Arc<File>, u64)> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file =
        OpenOptions::new().append(true).create(true).mode(LOG_MODE).custom_flags(no_follow).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() && !metadata.file_type().is_char_device() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((Arc::new(file), metadata.len()))
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_by_size_keeps_the_newest_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut log = LogFile::open(&path, 10, 2).unwrap();
        for number in 0..4 {
            log.append(format!("line {number} is long\n").as_bytes()).unwrap();
            assert!(log.rotate_if_large().unwrap());
        }
        let read = |suffix: &str| fs::read_to_string(format!("{}{suffix}", path.display())).unwrap();
        assert_eq!(read(""), "");
        assert_eq!(read(".1"), "line 3 is long\n");
        assert_eq!(read(".2"), "line 2 is long\n");
        assert!(!folder.path().join("audit.log.3").exists());
    }

    #[test]
    fn a_rename_from_outside_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut log = LogFile::open(&path, 1000, 2).unwrap();
        log.append(b"one\n").unwrap();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        assert!(log.follow_rename().unwrap());
        log.append(b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::read_to_string(folder.path().join("moved")).unwrap(), "one\n");
    }

    #[test]
    fn a_half_line_of_a_crash_is_closed_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        fs::write(&path, "half").unwrap();
        let mut log = LogFile::open(&path, 1000, 2).unwrap();
        log.append(b"whole\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "half\nwhole\n");
    }

    #[test]
    fn a_link_in_the_place_of_the_log_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(LogFile::open(&path, 1000, 2).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
