//! What the tooling says while a container is built: one line that moves on a terminal, all lines elsewhere; and the
//! whole of it in a log.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use remo_present::shown::escaped;
use rustix::fs::OFlags;

/// Lines that are kept for the message about a failure.
const KEPT: usize = 60;

/// The longest line that is shown, in bytes; more is cut.
const LONGEST: u64 = 4096;

/// A log larger than this, in bytes, is not appended to any more. A start with a large build writes about 200 KiB.
const LARGEST_LOG: u64 = 4 << 20;

/// Between two moves of the spinner.
const MOVE: Duration = Duration::from_millis(120);

/// Shows that something is waited for, until it is dropped.
pub fn waiting(what: &str) -> Waiting {
    let bar = io::stderr().is_terminal().then(|| spinner(what));
    if bar.is_none() {
        crate::output::note(what);
    }
    Waiting(bar)
}

/// What is shown while something is waited for.
#[derive(Debug)]
pub struct Waiting(Option<ProgressBar>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed}  {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(MOVE);
    bar
}

/// Reads `output` to its end, shows and logs it; the last lines.
pub fn follow(output: impl Read, what: &str, log: &mut File) -> Vec<String> {
    let bar = io::stderr().is_terminal().then(|| spinner(what));
    let mut last = VecDeque::new();
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = plain(&String::from_utf8_lossy(&line));
        if text.is_empty() {
            continue;
        }
        // A log that is full stops no start.
        let _ = writeln!(log, "{text}");
        if let Some(bar) = &bar {
            bar.set_message(text.clone());
        } else {
            crate::output::note(&format!("  {text}"));
        }
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(text);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    last.into()
}

/// A line of the tooling without its colours, and with everything else escaped that could steer a terminal: it can
/// hold what an image, a Dockerfile or a lifecycle command wrote.
pub fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = without_time(line.trim_end());
    while let Some(start) = rest.find("\u{1b}[") {
        text.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find(|character: char| !matches!(character, '0'..='9' | ';'));
        if let Some(end) = end.filter(|end| after[*end..].starts_with('m')) {
            rest = &after[end + 1..];
        } else {
            text.push_str("\u{1b}[");
            rest = after;
        }
    }
    text.push_str(rest);
    escaped(text.trim()).into_owned()
}

/// Without the time that the tooling puts before a line.
fn without_time(line: &str) -> &str {
    let time = line.strip_prefix('[').and_then(|rest| rest.split_once("Z] "));
    match time {
        Some((time, rest)) if time.bytes().all(|byte| byte.is_ascii_digit() || b"-T:.".contains(&byte)) => {
            rest
        }
        _ => line,
    }
}

/// Opens the log of a project for appending: mode 0600, through no link. One that has grown large is kept as the one
/// before, in the place of what was that.
pub fn open_log(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() > LARGEST_LOG) {
        fs::rename(path, path.with_added_extension("before"))?;
    }
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(no_follow).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_left_out_and_nothing_else_steers_the_terminal() {
        assert_eq!(plain("\u{1b}[1;32mStep 1/3\u{1b}[0m : FROM x\r\n"), "Step 1/3 : FROM x");
        assert_eq!(plain("\u{1b}[2J\u{1b}]0;t\u{7}x"), "\\u{1b}[2J\\u{1b}]0;t\\u{7}x");
        assert_eq!(plain("\u{1b}["), "\\u{1b}[");
        assert_eq!(plain("[2026-12-01T01:24:15.416Z] Step 1/2"), "Step 1/2");
        assert_eq!(plain("[x] done"), "[x] done");
    }

    #[test]
    fn the_last_lines_are_kept_and_all_are_logged() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        let said: String = (0..100).fold(String::new(), |said, number| said + &format!("line {number}\n\n"));
        let last = follow(said.as_bytes(), "building", &mut open_log(&path).unwrap());
        assert_eq!((last.len(), last[KEPT - 1].as_str()), (KEPT, "line 99"));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 100);
        let large = usize::try_from(LARGEST_LOG).unwrap() + 1;
        std::fs::write(&path, vec![b'x'; large]).unwrap();
        writeln!(open_log(&path).unwrap(), "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(std::fs::metadata(place.path().join("log.before")).unwrap().len(), LARGEST_LOG + 1);
        let link = place.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(open_log(&link).is_err());
    }
}
