//! Processes that this one started, and whatever came of them.

use std::fs;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, waitpid,
};

use super::interruption;
use crate::failure::Failure;

/// How long processes that were killed may take to disappear: the kernel frees their memory first.
const DISAPPEAR_MAX: Duration = Duration::from_secs(10);

/// A child in a process group of its own, so that Ctrl-C on the terminal does not reach it: processes are ended
/// in order. Dropped before it ended, it is killed with its group.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Group {
    /// Takes over a child that was started with `process_group(0)`.
    pub(super) fn new(child: Child) -> Self {
        Self { child, ended: None }
    }

    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().map_err(Failure::because("cannot look at a process"))?;
        }
        Ok(self.ended)
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) -> Result<(), Failure> {
        let Some(process) = process(self.number()) else { return Ok(()) };
        kill_process(process, Signal::TERM).map_err(Failure::because("cannot end a process"))
    }

    /// Waits for its end without being interrupted; `None` when it takes longer than `limit`.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Failure> {
        let begin = Instant::now();
        loop {
            match self.ended()? {
                None if begin.elapsed() <= limit => interruption::pause(),
                ended => return Ok(ended),
            }
        }
    }

    /// Ends it and its group at once.
    pub(super) fn kill(&mut self) {
        if self.ended.is_none() {
            if let Some(group) = process(self.number()) {
                // Already gone is as good.
                let _ = kill_process_group(group, Signal::KILL);
            }
            self.ended = self.child.wait().ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn process(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

/// Makes every process that loses its parent a child of this one, so that none can be lost from sight.
pub(super) fn adopt_orphans() -> Result<(), Failure> {
    set_child_subreaper(Some(getpid())).map_err(Failure::because("cannot take over orphans"))
}

/// Kills every process that is left of those that this one started, and their children; says how many.
pub(super) fn end_all() -> Result<usize, Failure> {
    let begin = Instant::now();
    let mut killed = Vec::new();
    loop {
        let children = children()?;
        if children.is_empty() {
            return Ok(killed.len());
        }
        if begin.elapsed() > DISAPPEAR_MAX {
            return Err(Failure::new(format!("processes that do not end: {children:?}")));
        }
        for child in children {
            if !killed.contains(&child) {
                killed.push(child);
            }
            // Its own children come to this process when it is gone, and are found in the next round.
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::NOHANG);
        }
        interruption::pause();
    }
}

/// The processes whose parent is this one.
fn children() -> Result<Vec<Pid>, Failure> {
    let own = getpid().as_raw_nonzero().get();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").map_err(Failure::because("cannot read /proc"))?.flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        let Some(process) = number.and_then(Pid::from_raw) else { continue };
        // One that ended meanwhile has no status any more.
        let Ok(status) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if parent(&status) == Some(own) {
            found.push(process);
        }
    }
    Ok(found)
}

/// The parent in the text of `/proc/PID/stat`: the second field behind the name, which may hold anything.
fn parent(status: &str) -> Option<i32> {
    status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(parent("12 (a) S 9) S 7 12 12 0 -1"), Some(7));
        assert_eq!(parent(""), None);
    }

    #[test]
    fn a_group_that_is_dropped_is_gone() {
        let child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let mut group = Group::new(child);
        assert_eq!(group.ended().unwrap(), None);
        let status = format!("/proc/{}/stat", group.number());
        assert!(children().unwrap().contains(&process(group.number()).unwrap()));
        drop(group);
        assert!(fs::read_to_string(status).is_err());
    }
}
