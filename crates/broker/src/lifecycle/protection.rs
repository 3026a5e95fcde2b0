//! Protection of the whole process, before the first secret can arrive.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::MemoryFailure;

/// Forbids core dumps and raises the limit of open files as far as it goes.
pub fn protect(on_failure: MemoryFailure) -> io::Result<()> {
    if let Err(error) = remo_sys::dumps::forbid() {
        match on_failure {
            MemoryFailure::Warn => log::warn!("core dumps cannot be forbidden: {error}"),
            MemoryFailure::Fatal => return Err(error),
        }
    }
    let files = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum })
    {
        log::warn!("the limit of open files stays at {:?}: {error}", files.current);
    }
    Ok(())
}
