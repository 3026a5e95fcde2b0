//! Looking for values where none may be: in a process's memory and in files.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::needle::Needle;

/// How much is looked at in one piece, in bytes.
const WINDOW: usize = 4 * 1024 * 1024;

/// What a scan came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// Copies were found.
    Found(Vec<Finding>),
    /// All of `bytes` were looked at, and there was no copy.
    Clean {
        /// How much was looked at.
        bytes: u64,
    },
    /// The system does not permit the scan.
    Skipped(String),
}

/// One copy of a value. Says where it is, not what it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// Label of the needle.
    pub label: String,
    /// `raw`, `json` or `base64`.
    pub form: &'static str,
    /// The file, or the memory region as `/proc/PID/maps` describes it.
    pub place: String,
    /// Where in the file or in the address space.
    pub offset: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}) at {:#x} of {}", self.label, self.form, self.offset, self.place)
    }
}

impl Scan {
    fn from(findings: Vec<Finding>, bytes: u64) -> Self {
        if findings.is_empty() { Self::Clean { bytes } } else { Self::Found(findings) }
    }
}

/// Scans all readable memory of a process. `Skipped` when this process may not read it.
///
/// # Panics
/// When the process is not there.
pub fn memory_scan(process: u32, needles: &[Needle]) -> Scan {
    let memory = match File::open(format!("/proc/{process}/mem")) {
        Ok(memory) => memory,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Scan::Skipped(format!("/proc/{process}/mem: {error}"));
        }
        Err(error) => panic!("/proc/{process}/mem: {error}"),
    };
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the memory map of a process");
    let mut findings = Vec::new();
    let mut total = 0;
    for line in maps.lines().filter(|line| is_scanned(line)) {
        let (start, end) = range(line).expect("a line of a memory map begins with its range");
        let read = windows(&memory, start, end, needles, line, &mut findings);
        total += read;
        let whole = read == end - start;
        assert!(whole || !line.contains("[heap]"), "the heap was read only in part");
    }
    if total == 0 {
        return Scan::Skipped(format!("/proc/{process}/mem gave nothing to read"));
    }
    Scan::from(findings, total)
}

/// Readable, and memory of the process: the kernel's own pages and mapped devices are not.
fn is_scanned(line: &str) -> bool {
    let readable = line.split_whitespace().nth(1).is_some_and(|rights| rights.starts_with('r'));
    readable && !["[vvar", "[vsyscall]", "/dev/"].iter().any(|special| line.contains(special))
}

fn range(line: &str) -> Option<(u64, u64)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
}

/// Scans every regular file at or below `paths`, links not followed.
///
/// # Panics
/// When something cannot be read.
pub fn file_scan<P: AsRef<Path>>(paths: &[P], needles: &[Needle]) -> Scan {
    let mut waiting: Vec<PathBuf> = paths.iter().map(|path| path.as_ref().to_owned()).collect();
    let (mut findings, mut total) = (Vec::new(), 0);
    while let Some(path) = waiting.pop() {
        let metadata = path.symlink_metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            waiting.extend(entries.map(|entry| entry.expect("an entry of a folder").path()));
        } else if metadata.is_file() {
            let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let place = path.display().to_string();
            total += windows(&file, 0, metadata.len(), needles, &place, &mut findings);
        }
    }
    Scan::from(findings, total)
}

/// Looks at `source` from `start` to `end` in overlapping windows; returns how much could be read.
fn windows(
    source: &File,
    start: u64,
    end: u64,
    needles: &[Needle],
    place: &str,
    findings: &mut Vec<Finding>,
) -> u64 {
    let overlap = needles.iter().map(Needle::longest).max().unwrap_or_default();
    let mut buffer = vec![0; WINDOW + overlap];
    let mut position = start;
    while position < end {
        let wanted = usize::try_from(end - position).map_or(buffer.len(), |left| left.min(buffer.len()));
        let Ok(length @ 1..) = source.read_at(&mut buffer[..wanted], position) else { break };
        let window = &buffer[..length];
        for needle in needles {
            for (form, finder) in &needle.forms {
                if let Some(at) = finder.find(window) {
                    let (label, place) = (needle.label.clone(), place.to_owned());
                    findings.push(Finding { label, form, place, offset: position + at as u64 });
                }
            }
        }
        if length > overlap && position + (length as u64) < end {
            position += (length - overlap) as u64;
        } else {
            position += length as u64;
        }
    }
    position - start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_a_file_is_found_over_the_edge_of_a_window() {
        let folder = tempfile::tempdir().expect("a folder");
        let needle = Needle::new("edge", b"tripwire-at-the-edge");
        let nested = folder.path().join("a/b");
        fs::create_dir_all(&nested).expect("a nested folder");
        for position in [0, WINDOW - 3, WINDOW + 5, 2 * WINDOW] {
            let mut content = vec![b'.'; position];
            content.extend_from_slice(b"tripwire-at-the-edge");
            content.extend_from_slice(&[b'.'; 100]);
            fs::write(nested.join("file"), content).expect("a file");
            let Scan::Found(findings) = file_scan(&[folder.path()], std::slice::from_ref(&needle)) else {
                panic!("not found at {position}")
            };
            assert_eq!(findings[0].offset, position as u64);
            assert!(!findings[0].to_string().contains("tripwire"));
        }
        fs::write(nested.join("file"), b"nothing").expect("a file");
        assert_eq!(file_scan(&[folder.path()], &[needle]), Scan::Clean { bytes: 7 });
    }

    #[test]
    fn a_value_in_the_memory_of_a_process_is_found() {
        let child = std::process::Command::new("sleep")
            .arg("60")
            .env("HELD", "a-value-in-an-environment")
            .spawn()
            .expect("a child process");
        let scan = memory_scan(
            child.id(),
            &[
                Needle::new("held", b"a-value-in-an-environment"),
                Needle::new("other", b"a-value-that-nobody-has"),
            ],
        );
        let mut child = child;
        child.kill().expect("the child ends");
        child.wait().expect("the child ended");
        match scan {
            Scan::Found(findings) => {
                assert!(findings.iter().all(|finding| finding.label == "held"), "{findings:?}");
            }
            Scan::Skipped(reason) => {
                crate::skip::skipped("a_value_in_the_memory_of_a_process_is_found", &reason);
            }
            Scan::Clean { .. } => panic!("the value in the child's environment was not found"),
        }
    }
}
