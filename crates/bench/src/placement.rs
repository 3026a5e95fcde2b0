//! Which processor runs what.
//!
//! Left to itself the kernel sometimes puts a client and its server on one processor, where they take turns
//! without ever waking another, and a request takes a fifth of the time. Which of the two a round gets is
//! chance, so under load each side has a processor of its own.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::Failure;
use crate::process::Process;

/// One processor for the load client, another for the servers, until this value is dropped.
#[derive(Debug)]
pub struct Placement {
    before: CpuSet,
    server: CpuSet,
}

impl Placement {
    /// Moves the calling thread onto a processor of its own; `None` on a machine with only one.
    pub fn apart() -> Result<Option<Self>, Failure> {
        let before = sched_getaffinity(None).map_err(Failure::because("cannot ask for the processors"))?;
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|processor| before.is_set(*processor));
        let (Some(client), Some(server)) = (allowed.next(), allowed.next()) else { return Ok(None) };
        sched_setaffinity(None, &only(client)).map_err(Failure::because("cannot choose a processor"))?;
        Ok(Some(Self { before, server: only(server) }))
    }

    /// Moves all threads of a server onto the servers' processor.
    pub fn place_server(&self, server: &Process) -> Result<(), Failure> {
        for thread in server.threads()? {
            let thread = i32::try_from(thread).ok().and_then(Pid::from_raw);
            let thread = thread.ok_or_else(|| Failure::new("a thread has no number"))?;
            sched_setaffinity(Some(thread), &self.server)
                .map_err(Failure::because("cannot choose a processor for a server"))?;
        }
        Ok(())
    }
}

impl Drop for Placement {
    fn drop(&mut self) {
        // What is measured later runs where the kernel likes, as it did before.
        let _ = sched_setaffinity(None, &self.before);
    }
}

fn only(processor: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(processor);
    set
}
