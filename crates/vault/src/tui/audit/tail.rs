//! The log file, followed: what is appended to it, over rotation by renaming and over truncation.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// How much of an existing log is read at first, in bytes: more than the last thousand lines take.
const FIRST_LOOK: u64 = 512 * 1024;

/// The longest line that is looked at, in bytes. The broker's lines are far shorter.
const LINE_MAX: usize = 64 * 1024;

/// The most that is read between two looks at the screen, in bytes.
const LOOK_MAX: u64 = 1024 * 1024;

/// The most files that the broker keeps (`audit.keep_files`).
const NUMBER_MAX: u32 = 1000;

/// What a look at the log found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Whole lines without their newlines, the oldest first.
    pub lines: Vec<Vec<u8>>,
    /// How many lines were too long to be looked at.
    pub too_long: u64,
    /// How many times lines may have gone by unread: the log was cut, or the file after the one that was read is gone.
    pub gaps: u64,
}

/// A log that is followed. Holds at most one incomplete line.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    open: Option<Open>,
}

/// The file to go on with.
struct Next {
    file: File,
    /// No other file was begun between the two.
    follows: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    position: u64,
    partial: Vec<u8>,
    /// Inside of a line of which the beginning was not kept: it is too long, or the look began in its middle.
    skipping: bool,
}

impl Tail {
    /// The log at `path`, not opened yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), open: None }
    }

    /// Reads what came since the last look; at the first look, the end of what is there.
    ///
    /// # Errors
    /// When the log cannot be opened or read. The next call tries again.
    pub fn look(&mut self) -> io::Result<Lines> {
        let mut found = Lines::default();
        match self.fill(&mut found) {
            // What was read is not lost to what went wrong then; that comes again.
            Err(error) if found == Lines::default() => Err(error),
            _ => Ok(found),
        }
    }

    fn fill(&mut self, found: &mut Lines) -> io::Result<()> {
        let Some(mut open) = self.open.take() else {
            let mut open = Open::at_the_end(open_log(&self.path)?)?;
            open.read(found)?;
            self.open = Some(open);
            return Ok(());
        };
        let filled = self.fill_from(&mut open, found);
        self.open = Some(open);
        filled
    }

    /// Reads from `open` to its end, and only then from what comes after it.
    fn fill_from(&self, open: &mut Open, found: &mut Lines) -> io::Result<()> {
        let mut total = 0;
        while total < LOOK_MAX {
            // Asked before the rest is read: what is written into a renamed file comes before the renaming.
            let replaced = std::fs::metadata(&self.path).is_ok_and(|there| open.is_another(&there));
            let read = open.read(found)?;
            total += read;
            if read > 0 {
                continue;
            }
            let Some(next) = replaced.then(|| self.after(open)).transpose()?.flatten() else { break };
            found.too_long += u64::from(!open.partial.is_empty() || open.skipping);
            found.gaps += u64::from(!next.follows);
            *open = Open::at_the_beginning(next.file);
        }
        Ok(())
    }

    /// The file that was begun after `open`; `None` while files are being renamed.
    fn after(&self, open: &Open) -> io::Result<Option<Next>> {
        let is_it = |path: &Path| std::fs::metadata(path).is_ok_and(|there| !open.is_another(&there));
        let gone = open.file.metadata()?.nlink() == 0;
        let number = if gone { None } else { (1..=NUMBER_MAX).find(|number| is_it(&self.numbered(*number))) };
        let Some(number) = number else {
            return Ok(Some(Next { file: open_log(&self.path)?, follows: false }));
        };
        // One that somebody removed is passed over, and counted.
        let newer = (0..number).rev().find(|number| self.numbered(*number).exists());
        let Some(newer) = newer else { return Ok(None) };
        let file = open_log(&self.numbered(newer))?;
        // Renamed once more meanwhile, that file may be a later one.
        Ok(is_it(&self.numbered(number)).then_some(Next { file, follows: newer + 1 == number }))
    }

    /// The name of the file that was put aside `number` rotations ago, as the broker counts.
    fn numbered(&self, number: u32) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

/// Opens without waiting and without following a link that somebody put there.
fn open_log(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
    }
}

impl Open {
    fn at_the_beginning(file: File) -> Self {
        Self { file, position: 0, partial: Vec::new(), skipping: false }
    }

    fn at_the_end(file: File) -> io::Result<Self> {
        let position = file.metadata()?.len().saturating_sub(FIRST_LOOK);
        let mut open = Self { position, ..Self::at_the_beginning(file) };
        if position > 0 {
            let mut before = [0];
            open.file.read_exact_at(&mut before, position - 1)?;
            open.skipping = before != *b"\n";
        }
        Ok(open)
    }

    fn is_another(&self, there: &Metadata) -> bool {
        self.file.metadata().is_ok_and(|open| open.ino() != there.ino() || open.dev() != there.dev())
    }

    /// Returns how many bytes there were.
    fn read(&mut self, found: &mut Lines) -> io::Result<u64> {
        if self.file.metadata()?.len() < self.position {
            found.gaps += 1;
            *self = Self::at_the_beginning(self.file.try_clone()?);
        }
        self.file.seek(SeekFrom::Start(self.position))?;
        let mut content = Vec::new();
        let read = (&self.file).take(LOOK_MAX).read_to_end(&mut content)?;
        let read = u64::try_from(read).unwrap_or_default();
        self.position += read;
        for piece in content.split_inclusive(|byte| *byte == b'\n') {
            self.take(piece, found);
        }
        Ok(read)
    }

    fn take(&mut self, piece: &[u8], found: &mut Lines) {
        let (text, ends) = match piece.strip_suffix(b"\n") {
            Some(text) => (text, true),
            None => (piece, false),
        };
        if !self.skipping {
            if self.partial.len() + text.len() > LINE_MAX {
                found.too_long += 1;
                self.partial = Vec::new();
                self.skipping = true;
            } else {
                self.partial.extend_from_slice(text);
            }
        }
        if ends {
            if !self.skipping {
                found.lines.push(std::mem::take(&mut self.partial));
            }
            self.skipping = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    struct Log {
        folder: tempfile::TempDir,
    }

    impl Log {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("audit.log")
        }

        fn append(&self, text: &str) {
            let mut file = File::options().create(true).append(true).open(self.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn rotate(&self) {
            fs::rename(self.path(), self.folder.path().join("audit.log.1")).unwrap();
        }
    }

    fn lines(tail: &mut Tail) -> Vec<String> {
        tail.look().unwrap().lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn lines_come_once_and_only_when_they_are_complete() {
        let log = Log::new();
        log.append("one\ntw");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["one"]);
        assert!(lines(&mut tail).is_empty());
        log.append("o\nthree\n");
        assert_eq!(lines(&mut tail), ["two", "three"]);
    }

    #[test]
    fn rotation_loses_nothing_of_either_file() {
        let log = Log::new();
        log.append("one\n");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["one"]);
        log.append("two\n");
        log.rotate();
        // Between the renaming and the new file there is none.
        assert_eq!(lines(&mut tail), ["two"]);
        log.append("three\n");
        assert_eq!(lines(&mut tail), ["three"]);
        log.append("four\n");
        log.rotate();
        log.append("five\n");
        assert_eq!(lines(&mut tail), ["four", "five"]);
    }

    #[test]
    fn rotations_with_more_unread_than_one_look_takes_lose_nothing() {
        let log = Log::new();
        log.append("first\n");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["first"]);
        let numbered = |number: u32| log.folder.path().join(format!("audit.log.{number}"));
        for file in ["one", "two", "three"] {
            if file != "one" {
                let _ = fs::rename(numbered(1), numbered(2));
                log.rotate();
            }
            let filler = "0123456789\n".repeat(150_000);
            log.append(&format!("{file} begins\n{filler}{file} ends\n"));
        }
        let mut all = Vec::new();
        loop {
            let found = tail.look().unwrap();
            assert_eq!((found.gaps, found.too_long), (0, 0));
            if found.lines.is_empty() {
                break;
            }
            all.extend(found.lines);
        }
        let marks: Vec<_> = all.iter().filter(|line| line.as_slice() != b"0123456789").collect();
        assert_eq!(all.len(), 3 * 150_002);
        assert_eq!((marks.len(), marks[0].as_slice()), (6, b"one begins".as_slice()));
        assert_eq!(marks[5], b"three ends");
    }

    #[test]
    fn a_file_that_was_removed_unread_is_counted() {
        let log = Log::new();
        log.append("one\n");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["one"]);
        log.rotate();
        log.append("lost\n");
        log.rotate();
        log.append("three\n");
        let found = tail.look().unwrap();
        assert_eq!((found.lines, found.gaps), (vec![b"three".to_vec()], 1));
        File::create(log.path()).unwrap();
        assert_eq!(tail.look().unwrap().gaps, 1);
    }

    #[test]
    fn after_a_truncation_it_begins_anew() {
        let log = Log::new();
        log.append("one\ntwo\npart");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["one", "two"]);
        File::create(log.path()).unwrap();
        log.append("three\n");
        assert_eq!(lines(&mut tail), ["three"]);
    }

    #[test]
    fn a_log_that_comes_later_is_found() {
        let log = Log::new();
        let mut tail = Tail::new(&log.path());
        assert_eq!(tail.look().unwrap_err().kind(), io::ErrorKind::NotFound);
        log.append("one\n");
        assert_eq!(lines(&mut tail), ["one"]);
    }

    #[test]
    fn a_long_log_is_read_from_the_first_whole_line_of_its_end() {
        let log = Log::new();
        log.append(&"0123456789\n".repeat(100_000));
        let mut tail = Tail::new(&log.path());
        let lines = lines(&mut tail);
        assert!(lines.len() > 40_000 && lines.len() < 50_000);
        assert!(lines.iter().all(|line| line == "0123456789"));
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let log = Log::new();
        log.append("first\n");
        let mut tail = Tail::new(&log.path());
        assert_eq!(lines(&mut tail), ["first"]);
        for _ in 0..4 {
            log.append(&"x".repeat(LINE_MAX));
            tail.look().unwrap();
        }
        let held = tail.open.as_ref().unwrap().partial.len();
        assert_eq!(held, 0);
        log.append("\nlast\n");
        assert_eq!(lines(&mut tail), ["last"]);
    }

    #[test]
    fn a_link_or_a_pipe_in_its_place_is_refused_at_once() {
        let log = Log::new();
        std::os::unix::fs::symlink("/etc/passwd", log.path()).unwrap();
        Tail::new(&log.path()).look().unwrap_err();
        fs::remove_file(log.path()).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, log.path(), rustix::fs::Mode::RUSR).unwrap();
        assert_eq!(Tail::new(&log.path()).look().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
