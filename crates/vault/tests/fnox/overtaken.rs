//! `fnox set`, which takes no lock, beside our own writers and readers.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use remo_testkit::chance::{pass, random_below};
use remo_testkit::{skip, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::ours::FnoxRoom;

/// How many pairs meet at random offsets unless `REMO_PAIRS` says otherwise.
const PAIRS: u32 = 25;

#[test]
fn a_fnox_set_that_ends_before_ours_is_in_place_is_not_overwritten() {
    const TEST: &str = "a_fnox_set_that_ends_before_ours_is_in_place_is_not_overwritten";
    let Some(room) = FnoxRoom::empty(TEST) else { return };
    room.set("gh", "one");
    let ours = room.command(&["set", "gh"]);
    let mut strace = Command::new("strace");
    // Stopped when the new store is written beside the present one: all that is left is to put it in place.
    strace.args(["-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:signal=STOP:when=1"]);
    strace.arg(ours.get_program()).args(ours.get_args()).env_clear();
    for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        strace.env(name, value);
    }
    let Ok(mut child) = strace.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        return skip::skipped(TEST, "there is no strace");
    };
    child.stdin.take().unwrap().write_all(b"two").unwrap();
    let place = format!("/proc/{0}/task/{0}/children", child.id());
    let process = wait::until(wait::PATIENCE, "our process", || {
        let children = fs::read_to_string(&place).ok()?;
        // strace has others for a moment, to try out what it may do.
        let program = ours.get_program().as_encoded_bytes();
        let is_ours = |child: &&str| {
            fs::read(format!("/proc/{child}/cmdline")).is_ok_and(|line| line.starts_with(program))
        };
        Pid::from_raw(children.split_whitespace().find(is_ours)?.parse().ok()?)
    });
    let status = format!("/proc/{}/status", process.as_raw_nonzero());
    wait::until_true(wait::PATIENCE, "our process being stopped", || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        room.beside_store(".new").exists()
            && status.lines().any(|line| line.starts_with("State:") && line.to_lowercase().contains("\tt"))
    });
    room.fnox_set("npm", "by fnox meanwhile");
    assert!(child.try_wait().unwrap().is_none(), "it was stopped");
    wait::until_true(wait::PATIENCE, "the end of ours", || {
        let _ = kill_process(process, Signal::CONT);
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(room.reveal("npm"), "by fnox meanwhile");
    assert_eq!(room.reveal("gh"), "two");
    assert_eq!(room.files(), ["fnox.toml", "fnox.toml.lock", "fnox.toml.previous", "key.txt"]);
}

#[test]
fn pairs_at_random_offsets_fail_neither_and_keep_what_fnox_stored() {
    let Some(room) = FnoxRoom::empty("pairs_at_random_offsets_fail_neither_and_keep_what_fnox_stored") else {
        return;
    };
    let pairs = std::env::var("REMO_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(PAIRS);
    let begin = std::time::Instant::now();
    room.set("gh", "one");
    let longest = u64::try_from(begin.elapsed().as_micros()).unwrap();
    let mut lost = Vec::new();
    for pair in 0..pairs {
        let mut ours = room.command(&["set", "gh"]).stdin(Stdio::piped()).spawn().unwrap();
        ours.stdin.take().unwrap().write_all(format!("ours {pair}").as_bytes()).unwrap();
        pass(Duration::from_micros(random_below(longest)));
        let theirs = format!("theirs {pair}");
        // It may fail when it reads while ours is being put in place; what counts is what it says it has stored.
        let stored = room.fnox(&["set", "npm"], theirs.as_bytes()).status.success();
        let output = ours.wait_with_output().unwrap();
        assert!(output.status.success(), "{pair}: {}", String::from_utf8_lossy(&output.stderr));
        if stored && room.reveal("npm") != theirs {
            lost.push(pair);
        }
    }
    // Between our last look at the file and its renaming are some microseconds that no lock of fnox's covers.
    assert!(lost.len() <= 1, "of {pairs} pairs, these cost what fnox had stored: {lost:?}");
}

#[test]
fn who_looks_while_the_file_is_written_in_place_waits_for_its_end() {
    let Some(room) = FnoxRoom::empty("who_looks_while_the_file_is_written_in_place_waits_for_its_end") else {
        return;
    };
    room.set("gh", "one");
    room.set("npm", "two");
    let whole = room.text();
    // Cut in the midst of an entry, and to nothing, as fnox leaves it for a moment; most of the time it is so.
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                for length in [0, whole.len() - 20] {
                    fs::write(room.store(), &whole[..length]).unwrap();
                    pass(Duration::from_millis(40));
                }
                fs::write(room.store(), &whole).unwrap();
                pass(Duration::from_millis(40));
            }
        });
        let outcomes: Vec<_> = (0..12).map(|_| room.run(&["list", "--json"])).collect();
        stop.store(true, Ordering::SeqCst);
        for outcome in outcomes {
            let listed = outcome.expect(0).stdout;
            assert!(listed.contains("\"gh\"") && listed.contains("\"npm\""), "{listed}");
        }
    });
    // What stays so is reported.
    room.write("");
    let refused = room.run(&["list"]).expect(1).stderr;
    assert!(refused.contains("the file is empty"), "{refused}");
    room.write(&whole);

    // A writer that begins while the file is empty works on what is there afterwards.
    room.write("");
    let mut ours = room.command(&["set", "third"]).stdin(Stdio::piped()).spawn().unwrap();
    ours.stdin.take().unwrap().write_all(b"three").unwrap();
    wait::until_true(wait::PATIENCE, "our writer taking its turn", || is_held(&room));
    room.write(&whole);
    let output = ours.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(room.names(), ["gh", "npm", "third"]);
}

/// Whether a writer of ours has the lock.
fn is_held(room: &FnoxRoom) -> bool {
    use rustix::fs::{FlockOperation, flock};
    let lock = fs::File::open(room.beside_store(".lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockShared).is_err()
}
