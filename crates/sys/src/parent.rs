//! Programs that end with the one that started them, or have nothing to do with it any more.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal, setsid};

/// Lets the program that `command` starts get `signal` when the thread that starts it ends, however it ends (not what
/// it starts itself, and not a program with more rights than ours). For who starts programs from the main thread.
pub fn end_with_parent(command: &mut Command, signal: Signal) {
    let parent = getpid();
    let arrange = move || arrange(parent, signal);
    // SAFETY: the closure runs between fork and exec. It makes two system calls, allocates nothing, takes no lock and
    // touches no memory but its own.
    unsafe { command.pre_exec(arrange) };
}

/// Lets the program that `command` starts begin a session of its own: no terminal, no job control and no process group
/// of ours reaches it.
pub fn in_own_session(command: &mut Command) {
    // SAFETY: the closure runs between fork and exec. It makes one system call, allocates nothing, takes no lock and
    // touches no memory but its own.
    unsafe { command.pre_exec(|| setsid().map(drop).map_err(io::Error::from)) };
}

fn arrange(parent: Pid, signal: Signal) -> io::Result<()> {
    set_parent_process_death_signal(Some(signal))?;
    // It may have ended before that, and nothing would come any more.
    if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
}
