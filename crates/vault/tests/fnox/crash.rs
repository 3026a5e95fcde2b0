//! `kill -9` at random moments of writing, with the real fnox doing the work.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use remo_testkit::wait;
use rustix::event::{Timespec, poll};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::ours::FnoxRoom;

/// How often a writer is killed unless `REMO_CRASH_ROUNDS` says otherwise.
const ROUNDS: u32 = 200;

pub(crate) fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    assert_eq!(getrandom(&mut bytes, GetRandomFlags::empty()).unwrap(), bytes.len());
    u64::from_ne_bytes(bytes) % limit
}

/// Lets the moment of the kill come; there is no condition to wait for.
pub(crate) fn pass(time: Duration) {
    let time = Timespec::try_from(time).expect("a short time");
    assert_eq!(poll(&mut [], Some(&time)), Ok(0));
}

#[test]
fn a_killed_writer_costs_no_entry_and_leaves_no_plaintext() {
    let Some(room) = FnoxRoom::empty("a_killed_writer_costs_no_entry_and_leaves_no_plaintext") else {
        return;
    };
    let rounds = std::env::var("REMO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    room.set("constant", "tripwire-constant");
    let begin = Instant::now();
    room.set("gh", "tripwire-round-0");
    // A little longer than an undisturbed `set` takes here and now, so that the moments cover all of it.
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
        longest += if written == 0 { longest / 10 } else { 0 };
        present = value;
        assert_eq!(room.reveal("constant"), "tripwire-constant", "round {round}");
        room.expect_no_plaintext(&["tripwire-constant", &new]);
    }
    eprintln!("{rounds} rounds: {killed} killed, {written} written");
    assert!(killed > 0 && written > 0, "the moments missed: {killed} killed, {written} written");
    // A fnox that outlived its writer may still write to a draft that has no reader any more; the next one cleans up.
    let mut number = 0;
    wait::until_true(wait::PATIENCE, "nothing piles up", || {
        number += 1;
        room.set("gh", &format!("after {number}"));
        assert_eq!(room.reveal("gh"), format!("after {number}"));
        room.files() == ["fnox.toml", "fnox.toml.lock", "fnox.toml.previous", "key.txt"]
    });
}
