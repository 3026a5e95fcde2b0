//! `kill -9` at random moments of writing.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::room::Room;

/// How often a writer is killed unless `REMO_CRASH_ROUNDS` says otherwise.
const ROUNDS: u32 = 200;

fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    assert_eq!(getrandom(&mut bytes, GetRandomFlags::empty()).unwrap(), bytes.len());
    u64::from_ne_bytes(bytes) % limit
}

/// Lets the moment of the kill come; there is no condition to wait for.
fn pass(time: Duration) {
    let time = Timespec::try_from(time).expect("a short time");
    assert_eq!(poll(&mut [], Some(&time)), Ok(0));
}

#[test]
fn the_store_holds_the_old_or_the_new_value_and_no_file_ever_plaintext() {
    let rounds = std::env::var("REMO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let room = Room::with_key();
    room.set("constant", "tripwire-constant");
    let begin = Instant::now();
    room.set("gh", "tripwire-round-0");
    // Longer than an undisturbed `set` takes here and now, so that the moments cover all of it.
    let mut longest = u64::try_from(begin.elapsed().as_micros()).unwrap() * 3 / 2;
    let mut present = "tripwire-round-0".to_owned();
    let (mut killed, mut written) = (0, 0);
    for round in 1..=rounds {
        let new = format!("tripwire-round-{round}");
        let mut child = room.command(&["set", "gh"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(new.as_bytes()).unwrap();
        pass(Duration::from_micros(random_below(longest)));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        killed += u32::from(status.signal() == Some(9));

        let value = room.reveal("gh");
        assert!(value == present || value == new, "round {round}");
        assert!(!status.success() || value == new, "round {round}: said to be stored, and is not");
        written += u32::from(value == new);
        // On a machine that gets busier meanwhile, the moments move along.
        longest += if written == 0 { longest / 50 } else { 0 };
        present = value;
        assert_eq!(room.reveal("constant"), "tripwire-constant", "round {round}");
        room.expect_no_plaintext(&["tripwire-constant", &new]);
    }
    eprintln!("{rounds} rounds: {killed} killed, {written} written");
    assert!(killed > 0 && written > 0, "the moments missed: {killed} killed, {written} written");
    room.set("gh", "after");
    assert_eq!(room.reveal("gh"), "after");
    assert_eq!(
        room.files(),
        ["key.txt", "store.age", "store.age.lock", "store.age.previous"],
        "nothing piles up"
    );
}
