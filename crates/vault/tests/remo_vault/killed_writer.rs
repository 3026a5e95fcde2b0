//! `kill -9` at random moments of `remo-vault set`, whatever the kind of store.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::Instant;

use remo_testkit::chance;

use crate::room::Room;

/// How often a writer is killed unless `REMO_CRASH_ROUNDS` says otherwise.
const ROUNDS: u32 = 200;

/// Kills writers to `room`. After each the store holds the old or the new value and the other secret, and no file holds
/// either in plaintext. While nothing was written yet, the moments move along by a part of themselves, one in
/// `growth`: the machine may have got busier.
pub(crate) fn rounds(room: &Room, growth: u32) {
    let rounds = std::env::var("REMO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    room.set("constant", "tripwire-constant");
    let begin = Instant::now();
    room.set("gh", "tripwire-round-0");
    // Longer than an undisturbed `set` takes here and now, so that the moments cover all of it.
    let mut longest = begin.elapsed() * 3 / 2;
    let mut present = "tripwire-round-0".to_owned();
    let (mut killed, mut written) = (0, 0);
    for round in 1..=rounds {
        let new = format!("tripwire-round-{round}");
        let mut child = room.command(&["set", "gh"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(new.as_bytes()).unwrap();
        chance::pass_below(longest);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        killed += u32::from(status.signal() == Some(9));

        let value = room.reveal("gh");
        assert!(value == present || value == new, "round {round}");
        assert!(!status.success() || value == new, "round {round}: said to be stored, and is not");
        written += u32::from(value == new);
        if written == 0 {
            longest += longest / growth;
        }
        present = value;
        assert_eq!(room.reveal("constant"), "tripwire-constant", "round {round}");
        room.expect_no_plaintext(&["tripwire-constant", &new]);
    }
    eprintln!("{rounds} rounds: {killed} killed, {written} written");
    assert!(killed > 0 && written > 0, "the moments missed: {killed} killed, {written} written");
}
