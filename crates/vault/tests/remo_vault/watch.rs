//! The watcher and the real broker (R-6.4).

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use remo_testkit::{Broker, Needle, Scan, memory_scan, skip, wait};
use rustix::process::Signal;

use crate::interposer::clear_before_pushes;
use crate::room::{PROJECT, Room, wait_until};
use crate::watcher::Watcher;

/// How long to look before it counts that nothing happens: several times what a push takes.
const NOTHING_HAPPENS: Duration = Duration::from_millis(700);

/// Waits until the broker serves `value` as `gh`.
#[track_caller]
fn served(broker: &Broker, value: &str) {
    wait_until("the value being served", || serves(broker).as_deref() == Some(value));
}

/// What the broker serves as `gh`.
fn serves(broker: &Broker) -> Option<String> {
    let secret = broker.client(PROJECT).get("gh").ok()?;
    secret.value.expose_text().map(str::to_owned)
}

/// A ciphertext of the room's key with `value` as `gh`, outside of the watched folder.
fn version(room: &Room, value: &str) -> Vec<u8> {
    let elsewhere = room.path().join("elsewhere/store.age");
    room.feed(&["set", "gh", "--store", elsewhere.to_str().unwrap()], value.as_bytes()).expect(0);
    fs::read(elsewhere).unwrap()
}

fn started(value: &str) -> (Room, Broker, Watcher) {
    let room = Room::with_key();
    room.set("gh", value);
    let broker = room.broker();
    room.project(&broker, &["gh", "npm"]);
    let watcher = Watcher::start(&room);
    watcher.wait_for("pushed 1 secret, generation 1 (at start)");
    assert_eq!(serves(&broker).as_deref(), Some(value));
    (room, broker, watcher)
}

fn private(path: &std::path::Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn push_and_clear_as_commands() {
    let room = Room::with_key();
    room.set("gh", "one");
    room.feed(&["set", "bytes"], &[0, 0xff]).expect(0);
    room.feed(&["set", "aws"], br#"{"user":"me","password":"x"}"#).expect(0);
    let broker = room.broker();
    room.project(&broker, &["gh", "bytes", "aws"]);
    assert_eq!(room.run(&["push"]).expect(0).stdout, "pushed 3 secrets, generation 1\n");
    let fetched = broker.client(PROJECT).fetch().unwrap();
    let value = |name: &str| fetched.secrets[name].value.expose().to_vec();
    assert_eq!(value("gh"), b"one");
    assert_eq!(value("bytes"), [0, 0xff]);
    assert_eq!(value("aws"), br#"{"password":"x","user":"me"}"#);
    assert_eq!(room.run(&["clear"]).expect(0).stdout, "the broker holds no secret any more\n");
    assert!(broker.status().cleared);
    assert_eq!(serves(&broker), None);
    room.run(&["push"]).expect(0);
    served(&broker, "one");
}

#[test]
fn every_way_of_writing_is_seen() {
    let (room, broker, watcher) = started("one");
    room.set("gh", "by set");
    served(&broker, "by set");

    let draft = room.vault().join("draft");
    fs::write(&draft, version(&room, "by rename")).unwrap();
    private(&draft);
    fs::rename(&draft, room.store()).unwrap();
    served(&broker, "by rename");

    fs::write(room.store(), version(&room, "in place")).unwrap();
    served(&broker, "in place");

    // In place by a writer that takes its time and keeps the file open.
    let content = version(&room, "in place, slowly");
    let mut file = OpenOptions::new().write(true).truncate(true).open(room.store()).unwrap();
    let (first, second) = content.split_at(content.len() / 2);
    file.write_all(first).unwrap();
    wait::holds(NOTHING_HAPPENS, "half a file changes nothing", || {
        serves(&broker).as_deref() == Some("in place")
    });
    file.write_all(second).unwrap();
    served(&broker, "in place, slowly");
    drop(file);

    fs::remove_file(room.store()).unwrap();
    wait::holds(NOTHING_HAPPENS, "no store changes nothing", || {
        serves(&broker).as_deref() == Some("in place, slowly")
    });
    watcher.wait_for("has gone, while");
    watcher.wait_for("hint: the version before the last change is");
    assert_eq!(watcher.count("store a first secret"), 0, "{watcher:#?}");
    fs::write(room.store(), version(&room, "removed and made again")).unwrap();
    private(&room.store());
    served(&broker, "removed and made again");
}

#[test]
fn the_folder_may_go_come_and_be_another() {
    let (room, broker, _watcher) = started("one");
    let (away, other) = (room.path().join("away"), room.path().join("other"));
    fs::create_dir(&other).unwrap();
    fs::copy(room.key(), other.join("key.txt")).unwrap();
    fs::write(other.join("store.age"), version(&room, "of the other folder")).unwrap();
    private(&other.join("store.age"));

    fs::rename(room.vault(), &away).unwrap();
    wait::holds(NOTHING_HAPPENS, "no folder changes nothing", || serves(&broker).as_deref() == Some("one"));
    fs::rename(&other, room.vault()).unwrap();
    served(&broker, "of the other folder");

    // The watcher may be writing its report there at this very moment.
    wait_until("the folder is gone", || fs::remove_dir_all(room.vault()).is_ok() || !room.vault().exists());
    fs::rename(&away, room.vault()).unwrap();
    served(&broker, "one");
    room.set("gh", "in the first folder again");
    served(&broker, "in the first folder again");
}

#[test]
fn everything_may_come_after_the_watcher() {
    let room = Room::empty();
    let watcher = Watcher::start(&room);
    let broker = room.broker();
    room.project(&broker, &["gh"]);
    watcher.wait_for("cannot use the store: there is no file");
    room.run(&["key", "ensure", "--allow-plaintext"]).expect(0);
    assert_eq!(broker.status().generation, 0, "a store that is not there is not an empty one");
    room.set("gh", "one");
    served(&broker, "one");
    watcher.wait_for("the store can be read and pushed again");
}

#[test]
fn a_burst_is_a_few_pushes_and_its_last_state_wins() {
    const CHANGES: usize = 100;
    let (room, broker, watcher) = started("one");
    let before = broker.status().generation;
    let begin = Instant::now();
    let mut ends = vec![begin];
    for number in 1..=CHANGES {
        room.set("gh", &format!("change {number}"));
        ends.push(Instant::now());
    }
    let (took, cap) = (begin.elapsed(), Duration::from_millis(500));
    served(&broker, &format!("change {CHANGES}"));
    wait::holds(NOTHING_HAPPENS, "it stays at that", || serves(&broker).as_deref() == Some("change 100"));
    let pushes = broker.status().generation - before;
    // At most one for each burst that its limit ends, and one for each quiet of 50 ms; the load of the machine makes
    // quiets. Two changes that follow each other are no further apart than the two writers together took.
    let quiets = ends.windows(3).filter(|three| three[2] - three[0] >= Duration::from_millis(45)).count();
    let most = u64::try_from(took.as_millis() / cap.as_millis() + 3).unwrap() * 3 + quiets as u64;
    assert!((1..=most).contains(&pushes), "{pushes} pushes for {CHANGES} changes in {took:?}: {watcher:#?}");
    eprintln!("{CHANGES} changes in {took:?}: {pushes} pushes");
}

#[test]
fn what_did_not_change_is_not_pushed() {
    let (room, broker, watcher) = started("one");
    let content = fs::read(room.store()).unwrap();
    fs::write(room.store(), content).unwrap();
    fs::write(room.store(), version(&room, "one")).unwrap();
    fs::write(room.vault().join("unrelated"), "x").unwrap();
    wait::holds(NOTHING_HAPPENS, "no push", || broker.status().generation == 1);
    assert_eq!(watcher.count("pushed"), 1);
}

#[test]
fn a_broker_that_comes_back_is_supplied_again() {
    let (room, mut broker, watcher) = started("one");
    for round in 1..=5 {
        broker.kill();
        if round % 2 == 0 {
            room.set("gh", &format!("changed while away {round}"));
        }
        let expected = room.reveal("gh");
        let begin = Instant::now();
        broker.restart();
        served(&broker, &expected);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        watcher.wait_for_nth("(the broker is back)", round);
    }
    assert_eq!(watcher.count("pushed"), 6);
    assert!(watcher.stop(Signal::TERM).success());
}

#[test]
fn a_broker_that_stays_away_is_waited_for() {
    let room = Room::with_key();
    room.set("gh", "one");
    let watcher = Watcher::start(&room);
    watcher.wait_for("cannot reach the broker");
    let (processor, sleeps) = (watcher.processor_time(), watcher.sleeps());
    wait::holds(Duration::from_secs(3), "one line is enough", || watcher.count("; waiting for it") == 1);
    // Pauses of 20 ms to 1 s: at most eight attempts in three seconds, each a few sleeps.
    assert!(watcher.processor_time().abs_diff(processor) <= Duration::from_millis(50));
    assert!(watcher.sleeps() - sleeps < 40, "{} sleeps", watcher.sleeps() - sleeps);
    // The longest pause has been reached; the socket's folder tells when it is over.
    let broker = room.broker();
    let begin = Instant::now();
    watcher.wait_for("pushed 1 secret, generation 1");
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    drop(broker);
}

#[test]
fn after_a_clear_nothing_is_pushed_until_push() {
    let (room, mut broker, watcher) = started("one");
    room.run(&["clear"]).expect(0);
    room.set("gh", "two");
    watcher.wait_for("the store changed, but the broker was cleared on purpose; not pushed");
    watcher.wait_for("hint: push again with: remo-vault push");
    broker.kill();
    broker.restart();
    wait::holds(NOTHING_HAPPENS, "still cleared", || {
        let status = broker.status();
        status.cleared && status.secret_count == 0
    });
    // A watcher that starts now respects it too.
    assert!(watcher.stop(Signal::TERM).success());
    let watcher = Watcher::start(&room);
    watcher.wait_for("the broker was cleared on purpose; nothing is pushed");
    room.run(&["push"]).expect(0);
    served(&broker, "two");
    room.set("gh", "three");
    served(&broker, "three");
    watcher.wait_for("the broker is no longer cleared");
}

#[test]
fn a_clear_between_the_question_and_the_push_is_not_undone() {
    let room = Room::with_key();
    room.set("gh", "one");
    let broker = room.broker();
    let between = room.path().join("between.sock");
    clear_before_pushes(&between, room.admin_socket());
    let watcher = Watcher::start_at(&room, &between);
    watcher.wait_for("the broker was cleared on purpose; nothing is pushed");
    room.set("gh", "two");
    watcher.wait_for("the store changed, but the broker was cleared on purpose; not pushed");
    let status = broker.status();
    assert!(status.cleared && status.secret_count == 0, "{status:?}");
    assert_eq!(watcher.count("refuses the push"), 0, "no fault of anybody: {watcher:#?}");
    // Who types `push` means it.
    let push = ["push", "--admin-socket", between.to_str().unwrap()];
    assert_eq!(room.run(&push).expect(0).stdout, "pushed 1 secret, generation 3\n");
    assert!(!broker.status().cleared);
}

#[test]
fn a_store_that_cannot_be_read_pushes_nothing_says_so_once_and_costs_nothing() {
    let (room, mut broker, watcher) = started("one");
    let whole = fs::read(room.store()).unwrap();
    fs::write(room.store(), &whole[..whole.len() / 2]).unwrap();
    watcher.wait_for("the file is damaged or cut short; nothing is pushed");
    let (processor, sleeps) = (watcher.processor_time(), watcher.sleeps());
    wait::holds(Duration::from_secs(3), "what was pushed stays", || {
        serves(&broker).as_deref() == Some("one")
    });
    assert!(watcher.processor_time().abs_diff(processor) <= Duration::from_millis(50));
    assert!(watcher.sleeps() - sleeps < 40, "{} sleeps", watcher.sleeps() - sleeps);
    assert_eq!(watcher.count("damaged or cut short"), 1);

    // Nor does a broker that comes back get an empty snapshot.
    broker.kill();
    broker.restart();
    wait::holds(NOTHING_HAPPENS, "nothing is pushed", || broker.status().secrets_loaded_at.is_none());
    fs::write(room.store(), whole).unwrap();
    served(&broker, "one");
    watcher.wait_for("the store can be read and pushed again");
    assert!(watcher.stop(Signal::INT).success());
}

#[test]
fn a_key_that_is_right_again_heals_at_once() {
    let (room, broker, watcher) = started("one");
    room.set("gh", "two");
    served(&broker, "two");
    fs::set_permissions(room.key(), fs::Permissions::from_mode(0o644)).unwrap();
    watcher.wait_for("is open to other users");
    room.feed(&["set", "gh"], b"three").expect(1);
    private(&room.key());
    watcher.wait_for("the store can be read and pushed again");
    room.set("gh", "three");
    served(&broker, "three");
}

#[test]
fn single_faults_are_kept_while_removals_and_changes_go_out() {
    let (room, broker, watcher) = started("one");
    room.set("npm", "revoked");
    wait_until("two secrets", || broker.status().secret_count == 2);
    // `gh` cannot be read any more, `npm` is removed, `new` is added, and one name is none.
    let entry = |value| serde_json::json!({ "value": value, "changed_at": "2026-05-31T02:30:00Z" });
    let entries = BTreeMap::from([
        ("gh", entry(serde_json::json!({ "base64": "*" }))),
        ("new", entry(serde_json::json!({ "text": "value" }))),
        ("no-name", entry(serde_json::json!({ "text": "value" }))),
    ]);
    room.seal(&serde_json::json!({ "format": 1, "entries": entries }));
    watcher.wait_for(
        "gh cannot be read, so the broker keeps what it has: its bytes are not stored as standard base64",
    );
    watcher.wait_for("no-name is left out: it is not a secret name");
    wait_until("the push", || broker.list().secrets.iter().any(|secret| secret.name.as_str() == "new"));
    let names: Vec<_> = broker.list().secrets.into_iter().map(|secret| secret.name.to_string()).collect();
    assert_eq!(names, ["gh", "new"]);
    assert_eq!(serves(&broker).as_deref(), Some("one"));
    let listed = room.run(&["list"]).expect(0);
    assert!(listed.stderr.contains("warning: gh cannot be read"), "{}", listed.stderr);
    let refused = room.run(&["get", "gh"]).expect(1);
    assert!(refused.stderr.contains("gh is stored but cannot be read"), "{}", refused.stderr);

    // A write keeps what it does not understand; the repair goes out.
    room.set("gh", "repaired");
    served(&broker, "repaired");
    watcher.wait_for("(the store changed)");
    assert_eq!(watcher.count("no-name is left out"), 1, "said once");
}

#[test]
fn a_store_that_has_outgrown_a_push_is_explained_once() {
    let (room, broker, watcher) = started("one");
    // No command of this program makes such a store.
    let entry =
        |text: String| serde_json::json!({ "value": { "text": text }, "changed_at": "2026-05-31T02:30:00Z" });
    let large = || entry("x".repeat(600_000));
    room.seal(&serde_json::json!({
        "format": 1, "entries": { "a": large(), "b": large(), "gh": entry("one".to_owned()) },
    }));
    watcher.wait_for(
        "one push carries at most 1048576; the largest: a (600002 bytes), b (600002 bytes), gh (5 bytes)",
    );
    watcher.wait_for("hint: take out what is no credential");
    assert_eq!(broker.status().secret_count, 1);
    // It may become smaller, but not larger.
    let refused = room.feed(&["set", "c"], b"more").expect(1);
    assert!(refused.stderr.contains("nothing was stored: with this, the store makes a push of"));
    room.feed(&["set", "a"], &vec![b'y'; 500_000]).expect(0);
    room.run(&["remove", "b"]).expect(0);
    watcher.wait_for("the store can be read and pushed again");
    room.set("gh", "two");
    served(&broker, "two");
}

#[test]
fn no_value_stays_in_the_watchers_memory() {
    let (room, broker, watcher) = started("tripwire-memory-one");
    room.set("gh", "tripwire-memory-two");
    served(&broker, "tripwire-memory-two");
    watcher.wait_for("generation 2 (the store changed)");
    let key = fs::read_to_string(room.key()).unwrap();
    let needles = [
        Needle::new("first", b"tripwire-memory-one"),
        Needle::new("second", b"tripwire-memory-two"),
        Needle::new("key", key.lines().last().unwrap().as_bytes()),
    ];
    // The scan sees the process's memory: what it was told by its environment is there.
    let control = Needle::new("control", room.store().to_str().unwrap().as_bytes());
    let found = memory_scan(watcher.process(), &[control]);
    assert!(matches!(found, Scan::Found(_) | Scan::Skipped(_)), "the scan misses what is there");
    // The loop goes back to sleep right after the log line.
    let mut last = None;
    let clean = wait::until(Duration::from_secs(5), "a scan", || {
        let scan = memory_scan(watcher.process(), &needles);
        let done = !matches!(scan, Scan::Found(_));
        let late = last.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(2);
        (done || late).then_some(scan)
    });
    match clean {
        Scan::Clean { bytes } => assert!(bytes > 0),
        Scan::Skipped(reason) => skip::skipped("no_value_stays_in_the_watchers_memory", &reason),
        Scan::Found(findings) => {
            let places: Vec<_> = findings.iter().map(ToString::to_string).collect();
            assert!(places.is_empty(), "{places:#?}");
        }
    }
    room.expect_no_plaintext(&["tripwire-memory-one", "tripwire-memory-two"]);
}

#[test]
fn every_new_value_is_served() {
    const ROUNDS: usize = 20;
    let (room, broker, _watcher) = started("one");
    let mut client = broker.client(PROJECT);
    for round in 0..ROUNDS {
        let value = format!("value {round}");
        room.set("gh", &value);
        wait_until("the new value", || {
            client.get("gh").is_ok_and(|secret| secret.value.expose_text() == Some(&*value))
        });
    }
}
