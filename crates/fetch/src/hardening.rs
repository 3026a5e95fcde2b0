//! Keeping this process out of core dumps and away from debuggers of the same user.
//!
//! Unlike the daemons, this program hands over to somebody else's command. The core limit is inherited and
//! cannot be raised again by a user who is not root, so it stays as it was: a process that is not dumpable
//! writes no core anyway. Being dumpable is not inherited: the kernel sets it anew when the command is executed.

use std::io;

use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};

/// Sets the process not dumpable and checks that it took effect.
pub(crate) fn forbid_dumps() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    match dumpable_behavior()? {
        DumpableBehavior::NotDumpable => Ok(()),
        _ => Err(io::Error::other("the process is still dumpable after it was set not to be")),
    }
}
