//! What others hold or do not answer costs a time that is bounded, and is said.

use std::fs;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::instance::with_tpm;

/// The limit of one run, and room for a busy machine.
const BOUND: Duration = Duration::from_secs(90);

#[test]
fn a_tpm_that_does_not_answer_is_an_error() {
    let name = "hangs::a_tpm_that_does_not_answer_is_an_error";
    let Some((tpm, instance)) = with_tpm(name) else { return };
    instance.ensure();
    tpm.freeze();
    let begin = Instant::now();
    let children: Vec<_> = ["status", "unseal"]
        .map(|command| instance.key_command(&[command]).spawn().unwrap())
        .into_iter()
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("systemd-creds did not end within 20 s and was stopped"), "{said}");
        assert!(said.contains("hint: see whether the TPM2 answers"), "{said}");
    }
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
    // Nothing is left that holds the TPM, nor the lock.
    let device = tpm.device();
    let left = fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.starts_with("systemd-creds") && line.contains(&device)
    });
    assert!(!left, "a program that hangs is left");
    let lock = fs::File::open(instance.sealed_dir().join("lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("the lock is free");
}

#[test]
fn a_rotation_beside_a_held_folder_says_so_and_gives_up() {
    let room = crate::room::Room::with_key();
    room.set("gh", "tripwire-value");
    let before = room.run(&["key", "ensure"]).expect(0).stdout;
    let held = fs::File::open(room.vault()).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let begin = Instant::now();
    let refused = room.run(&["key", "rotate"]).expect(1);
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
    assert!(refused.stderr.starts_with("waiting for another program that holds"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: wait for it, or see who it is: fuser -v "), "{}", refused.stderr);
    assert_eq!(room.run(&["key", "ensure"]).expect(0).stdout, before);
    drop(held);
    room.run(&["key", "rotate"]).expect(0);
    assert_eq!(room.reveal("gh"), "tripwire-value");
}
