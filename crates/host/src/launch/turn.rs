//! One start at a time.
//!
//! The tooling gives what it copies features from one and the same name in the engine, so that of two starts at once
//! one takes the features of the other.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use remo_present::shown::escaped;
use rustix::fs::{FlockOperation, OFlags};

use super::progress;
use crate::failure::Failure;

/// The turn to start something. It ends when it is dropped, and with the process.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held for its lock")] File);

impl Turn {
    /// Waits until no other project is being started, and says for which it waits, and which process ends that. The
    /// wait itself ends with its process and leaves nothing behind.
    pub fn take(state: &Path, project: &str) -> Result<Self, Failure> {
        let path = state.join("starting");
        let failed = |error: io::Error| Failure::at("lock", &path, &error);
        let mut file = open(&path).map_err(failed)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let waiting = progress::waiting(&waits_for(&holder(&mut file), project));
                let locked = rustix::fs::flock(&file, FlockOperation::LockExclusive);
                drop(waiting);
                locked.map_err(|error| failed(error.into()))?;
            }
            Err(error) => return Err(failed(error.into())),
        }
        // For whoever waits next.
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}\n{project}", std::process::id()))
            .map_err(failed)?;
        Ok(Self(file))
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(path)
}

/// Who starts something: the number of the process, and the project.
type Holder = Option<(u32, String)>;

/// Who has the turn; nothing while that is being written.
fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    // What cannot be read is only not shown.
    let _ = file.take(512).read_to_string(&mut text);
    let (process, project) = text.split_once('\n')?;
    Some((process.parse().ok()?, project.trim_end().to_owned()))
}

fn waits_for(holder: &Holder, project: &str) -> String {
    let project = escaped(project);
    match holder {
        Some((process, other)) => format!(
            "{project} waits for the start of {} (ends with: kill {process}; Ctrl-C here is safe)",
            escaped(other)
        ),
        None => format!("{project} waits for the start of another project (Ctrl-C here is safe)"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_second_start_waits_for_the_first_and_knows_its_name() {
        let place = tempfile::tempdir().unwrap();
        let state = place.path().to_owned();
        let first = Turn::take(&state, "a-rather-long-name").unwrap();
        let of_this_process = |project: &str| Some((std::process::id(), project.to_owned()));
        let held = holder(&mut open(&state.join("starting")).unwrap());
        assert_eq!(held, of_this_process("a-rather-long-name"));
        let words = waits_for(&held, "b");
        assert!(words.contains(&format!("kill {}", std::process::id())), "{words}");
        let (said, hears) = mpsc::channel();
        let second = std::thread::spawn(move || {
            let turn = Turn::take(&state, "b").unwrap();
            said.send("second").unwrap();
            drop(turn);
        });
        while hears.try_recv().is_err() && !is_waited_for(place.path()) {
            std::thread::yield_now();
        }
        assert!(hears.try_recv().is_err(), "it did not wait");
        drop(first);
        assert_eq!(hears.recv(), Ok("second"));
        second.join().unwrap();
        assert_eq!(holder(&mut open(&place.path().join("starting")).unwrap()), of_this_process("b"));
        assert!(waits_for(&None, "b").starts_with("b waits for the start of another project"));
    }

    /// Whether somebody else waits for the lock, as the kernel has it.
    fn is_waited_for(state: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let inode = std::fs::metadata(state.join("starting")).unwrap().ino();
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("->") && line.contains(&format!(":{inode} ")))
    }
}
