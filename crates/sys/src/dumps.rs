//! Keeping the whole process out of core dumps and away from its own user's debuggers.

use std::io;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, set_dumpable_behavior, setrlimit,
};

/// Sets the process not dumpable and its core size to zero, and checks that the first took effect.
///
/// A process that is not dumpable writes no core, and no other process of its user may read its memory.
pub fn forbid() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    match dumpable_behavior()? {
        DumpableBehavior::NotDumpable => Ok(()),
        _ => Err(io::Error::other("the process is still dumpable after it was set not to be")),
    }
}
