//! Several writers at once.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Instant;

use rustix::fs::{FlockOperation, flock};

use crate::room::Room;

#[test]
fn parallel_writers_lose_nothing() {
    const WRITERS: usize = 20;
    let room = Room::with_key();
    let children: Vec<_> = (0..WRITERS)
        .map(|number| {
            let name = format!("secret_{number:02}");
            let mut child = room.command(&["set", &name]).stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(format!("value {number}").as_bytes()).unwrap();
            child
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let names: Vec<_> = (0..WRITERS).map(|number| format!("secret_{number:02}")).collect();
    assert_eq!(room.names(), names);
    for (number, name) in names.iter().enumerate() {
        assert_eq!(room.reveal(name), format!("value {number}"));
    }
}

#[test]
fn a_writer_waits_for_another_one_says_so_and_gives_up_at_last() {
    let room = Room::with_key();
    room.set("gh", "one");
    let lock = OpenOptions::new().write(true).open(room.vault().join("store.age.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let begin = Instant::now();
    let refused = room.feed(&["set", "gh"], b"two").expect(1);
    assert!(begin.elapsed().as_secs() >= 9, "{:?}", begin.elapsed());
    assert!(refused.stderr.starts_with("waiting for another remo-vault"), "{}", refused.stderr);
    assert!(refused.stderr.contains("has been writing to"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: see who holds it: fuser"), "{}", refused.stderr);
    assert_eq!(room.reveal("gh"), "one", "readers do not wait");

    let mut waiting = room.command(&["set", "gh"]).stdin(Stdio::piped()).spawn().unwrap();
    waiting.stdin.take().unwrap().write_all(b"two").unwrap();
    flock(&lock, FlockOperation::Unlock).unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_eq!(room.reveal("gh"), "two");
}
