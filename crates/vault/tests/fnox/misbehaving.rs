//! A program in the place of fnox that hangs, floods, or answers something else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::ours::FnoxRoom;

/// Makes `script` what runs as fnox.
fn front(room: &FnoxRoom, script: &str) -> String {
    let path = room.path().join("front");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_not_fnox_is_an_error_and_nothing_of_it_is_repeated() {
    let Some(room) = FnoxRoom::new("what_is_not_fnox_is_an_error_and_nothing_of_it_is_repeated") else {
        return;
    };
    room.fnox_set("gh", "one");
    room.fnox_set("npm", "two");
    for (script, problem) in [
        ("echo tripwire", "is not what fnox prints"),
        ("echo '{\"secrets\":{\"gh\":\"tripwire\"'", "is not what fnox prints"),
        ("exit 0", "is not what fnox prints"),
        ("exec yes tripwire", "prints more than 16777216 bytes"),
        ("echo '{\"secrets\":{\"other\":\"tripwire\"}}'", "none of its 2 secrets opens"),
        ("echo tripwire >&2; exit 3", "failed (exit status: 3): what it said is not repeated"),
        ("echo \"error: unexpected argument 'tripwire'\" >&2; exit 2", "it does not understand the request"),
    ] {
        let program = front(&room, script);
        let refused = room.run(&["list", "--fnox", &program]).expect(1);
        assert!(refused.stderr.contains(problem), "{script}: {}", refused.stderr);
        assert!(refused.stderr.contains("\nhint: "), "{script}: {}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire") && refused.stdout.is_empty(), "{script}: {refused:?}");
    }
}

#[test]
fn one_that_hangs_is_ended() {
    let Some(room) = FnoxRoom::new("one_that_hangs_is_ended") else { return };
    room.fnox_set("gh", "one");
    let process = room.path().join("process");
    let program = front(&room, &format!("echo $$ > {}\nexec sleep 600", process.display()));
    let begin = Instant::now();
    let refused = room.run(&["list", "--fnox", &program]).expect(1);
    assert!(refused.stderr.contains("did not end within 10 s"), "{}", refused.stderr);
    assert!(begin.elapsed() < Duration::from_mins(1));
    let process = fs::read_to_string(process).unwrap();
    assert!(!fs::exists(format!("/proc/{}", process.trim())).unwrap(), "it lives on");
}
