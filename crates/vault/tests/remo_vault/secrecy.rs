//! Values stay out of what other processes can see: arguments and environment.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::process::Stdio;

use crate::room::{Room, wait_until};

/// Whether `needle` occurs in `hay`.
fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn no_value_is_in_arguments_environment_or_reach_of_a_debugger() {
    let room = Room::with_key();
    room.set("gh", "tripwire-stored");
    // Held at the lock, with the value read and the store still to be written.
    let lock = fs::OpenOptions::new().write(true).open(room.vault().join("store.age.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let mut child = room.command(&["set", "gh"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"tripwire-new").unwrap();
    let process = format!("/proc/{}", child.id());
    let lock_held_open = || {
        fs::read_dir(format!("{process}/fd")).is_ok_and(|mut open| {
            open.any(|entry| {
                let target = entry.and_then(|entry| fs::read_link(entry.path()));
                target.is_ok_and(|target| target.ends_with("store.age.lock"))
            })
        })
    };
    if rustix::process::geteuid().is_root() {
        wait_until("the writer is at the lock", lock_held_open);
    } else {
        // The process is not dumpable, so its own user sees nothing of it but its arguments.
        wait_until("the process is closed", || {
            fs::read(format!("{process}/environ"))
                .is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
        });
    }
    let arguments = fs::read(format!("{process}/cmdline")).unwrap();
    assert!(contains(&arguments, b"set\0gh\0"), "the right process");
    assert!(!contains(&arguments, b"tripwire"));
    match fs::read(format!("{process}/environ")) {
        Ok(environment) => {
            assert!(contains(&environment, b"REMO_VAULT_STORE="), "the right process");
            assert!(!contains(&environment, b"tripwire"));
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied),
    }
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap_or_default();
    if let Some(core) = limits.lines().find(|line| line.starts_with("Max core file size")) {
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    drop(lock);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(room.reveal("gh"), "tripwire-new");
}
