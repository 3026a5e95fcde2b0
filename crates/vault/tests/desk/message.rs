//! `remo-vault message`: five lines, quick, and never in the way.

use std::time::{Duration, Instant};

use crate::room::{MANIFEST, Room, answering};

#[test]
fn five_lines_and_the_next_command() {
    let room = Room::stocked();
    let broker = room.broker();
    let lines = || {
        let outcome = room.run("remo-vault message").expect(0);
        assert_eq!(outcome.stderr, "");
        outcome.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let first = lines();
    assert_eq!(first.len(), 5, "{first:?}");
    assert!(first[0].starts_with("_remo-vault on box"));
    assert!(first[4].starts_with("next: remo-vault watch"), "{first:?}");
    let _watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    assert_eq!(lines()[4], "next: remo-list-creds");
    room.project(&broker, "web", MANIFEST);
    assert_eq!(lines()[4], "next: remo-reload web");
}

#[test]
fn a_broker_that_hangs_is_not_waited_for() {
    let room = Room::stocked();
    answering(&room, None);
    let start = Instant::now();
    let text = room.run("remo-vault message").expect(0).stdout;
    // The limit is 0.7 s; the rest is room for a machine that is busy.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn nothing_makes_it_fail() {
    let room = Room::empty();
    room.run("remo-vault message --store /dev/null --key-file / --admin-socket /etc/passwd").expect(0);
    answering(&room, Some("nonsense\n"));
    room.run("remo-vault message").expect(0);
    let mut closed = room.command("remo-vault message");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert!(closed.stdout(writer).status().unwrap().success());
}
