//! The file under the audit log: whole lines or none, rotation by size, and rotation from outside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Mode of the log.
const LOG_MODE: u32 = 0o640;

/// How long a rotation that failed is left alone.
const ROTATION_PAUSE: Duration = Duration::from_secs(1);

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
    /// Only regular files are renamed; a device stays what it is.
    regular: bool,
    /// When rotation failed last.
    rotation_failed: Option<Instant>,
}

impl LogFile {
    /// Opens the log for appending; makes it when it is not there. Its folder must exist.
    pub(super) fn open(path: &Path, rotate_bytes: u64, keep_files: u32) -> io::Result<Self> {
        let (file, length) = open(path)?;
        let regular = file.metadata()?.is_file();
        let mut log = Self {
            path: path.to_owned(),
            file,
            length,
            rotate_bytes,
            keep_files,
            torn: false,
            regular,
            rotation_failed: None,
        };
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

    /// Starts a new file when this one is large enough. Returns the old one, whose last lines may still have to be
    /// flushed.
    ///
    /// The new file is there before anything is renamed, and what was renamed already is not renamed again after a
    /// failure: a disk without room costs no archive.
    pub(super) fn rotate_if_large(&mut self) -> io::Result<Option<Arc<File>>> {
        if self.length < self.rotate_bytes || !self.regular || self.rotation_paused() {
            return Ok(None);
        }
        self.rotation_failed = Some(Instant::now());
        if !self.is_in_place()? {
            // Somebody else rotates it just now.
            self.reopen()?;
            self.rotation_failed = None;
            return Ok(None);
        }
        let prepared = self.suffixed("new");
        remove_if_there(&prepared)?;
        let (new, length) = open(&prepared)?;
        if self.keep_files > 0 {
            self.make_room()?;
            fs::rename(&self.path, self.numbered(1))?;
        }
        fs::rename(&prepared, &self.path)?;
        self.rotation_failed = None;
        self.length = length;
        self.torn = false;
        Ok(Some(std::mem::replace(&mut self.file, new)))
    }

    fn rotation_paused(&self) -> bool {
        self.rotation_failed.is_some_and(|failed| failed.elapsed() < ROTATION_PAUSE)
    }

    /// Frees the number 1, moving only what stands between it and the first free number.
    fn make_room(&self) -> io::Result<()> {
        let free = (1..=self.keep_files).find(|number| !self.numbered(*number).exists());
        for number in (1..free.unwrap_or(self.keep_files)).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        Ok(())
    }

    /// Whether the path still leads to the open file.
    fn is_in_place(&self) -> io::Result<bool> {
        let ours = self.file.metadata()?;
        Ok(fs::metadata(&self.path).is_ok_and(|now| now.dev() == ours.dev() && now.ino() == ours.ino()))
    }

    /// Opens the path again when another file, or none, is there by now. Returns whether it did.
    pub(super) fn follow_rename(&mut self) -> io::Result<bool> {
        if self.is_in_place()? {
            // Truncated in place (`copytruncate`): appending goes on at the new end.
            self.length = self.file.metadata()?.len();
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
        self.suffixed(&number.to_string())
    }

    fn suffixed(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(suffix);
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
    // Made just now: exactly this mode, whatever the umask.
    if metadata.is_file() && metadata.len() == 0 && metadata.permissions().mode() & 0o7777 != LOG_MODE {
        file.set_permissions(fs::Permissions::from_mode(LOG_MODE))?;
    }
    Ok((Arc::new(file), metadata.len()))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
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
            assert!(log.rotate_if_large().unwrap().is_some());
        }
        let read = |suffix: &str| fs::read_to_string(format!("{}{suffix}", path.display())).unwrap();
        assert_eq!(read(""), "");
        assert_eq!(read(".1"), "line 3 is long\n");
        assert_eq!(read(".2"), "line 2 is long\n");
        assert!(!folder.path().join("audit.log.3").exists());
    }

    #[test]
    fn a_rotation_that_fails_costs_no_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        for number in 1..=3 {
            fs::write(format!("{}.{number}", path.display()), format!("archive {number}")).unwrap();
        }
        let mut log = LogFile::open(&path, 10, 4).unwrap();
        log.append(b"a line that is long\n").unwrap();
        // In the way of the new file, and not to be removed.
        fs::create_dir_all(folder.path().join("audit.log.new/full")).unwrap();
        for _ in 0..10 {
            log.rotation_failed = None;
            assert!(log.rotate_if_large().is_err());
        }
        for number in 1..=3 {
            let archive = fs::read_to_string(format!("{}.{number}", path.display())).unwrap();
            assert_eq!(archive, format!("archive {number}"));
        }
        fs::remove_dir_all(folder.path().join("audit.log.new")).unwrap();
        log.rotation_failed = None;
        assert!(log.rotate_if_large().unwrap().is_some());
        assert_eq!(fs::read_to_string(format!("{}.4", path.display())).unwrap(), "archive 3");
    }

    #[test]
    fn a_log_that_was_moved_away_is_not_rotated_over_its_archives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        fs::write(format!("{}.1", path.display()), "archive").unwrap();
        let mut log = LogFile::open(&path, 10, 4).unwrap();
        log.append(b"a line that is long\n").unwrap();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        assert!(log.rotate_if_large().unwrap().is_none());
        assert_eq!(fs::read_to_string(format!("{}.1", path.display())).unwrap(), "archive");
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_device_is_written_but_never_renamed() {
        let mut log = LogFile::open(Path::new("/dev/null"), 0, 4).unwrap();
        log.append(b"a line\n").unwrap();
        assert!(log.rotate_if_large().unwrap().is_none());
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
