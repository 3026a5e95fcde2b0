//! That the watcher lives, and what is true while it does not: stopped, killed, without its lock, behind somebody else.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use remo_testkit::Broker;
use remo_testkit::wait::{self, PATIENCE};
use remo_vault::watch::report::{self, Found, SILENCE_MAX, State};
use rustix::process::Signal;

use crate::admin_peer::{Answer, listen};
use crate::room::{PROJECT, Room, wait_until};
use crate::watcher::Watcher;

/// Longer than the time between two regular checks.
const CHECKED: Duration = Duration::from_secs(6);

fn started() -> (Room, Broker, Watcher) {
    let room = Room::with_key();
    room.set("gh", "one");
    let broker = room.broker();
    room.project(&broker, &["gh"]);
    let watcher = Watcher::start(&room);
    watcher.wait_for("pushed 1 secret, generation 1 (at start)");
    becomes(&room, State::UpToDate);
    (room, broker, watcher)
}

fn serves(broker: &Broker) -> Option<String> {
    broker.client(PROJECT).get("gh").ok()?.value.expose_text().map(str::to_owned)
}

#[track_caller]
fn served(broker: &Broker, value: &str) {
    wait_until("the value being served", || serves(broker).as_deref() == Some(value));
}

#[track_caller]
fn becomes(room: &Room, state: State) {
    wait_until(
        "the state",
        || matches!(report::read(&room.store()).unwrap(), Found::Running(report) if report.state == state),
    );
}

/// A store of the room's key at `path` with `value` as `gh`.
fn store_at(room: &Room, path: &Path, value: &str) {
    room.feed(&["set", "gh", "--store", path.to_str().unwrap()], value.as_bytes()).expect(0);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_watcher_that_is_stopped_is_not_taken_for_one_that_is_well() {
    let (room, broker, watcher) = started();
    watcher.signal(Signal::STOP);
    room.set("gh", "two");
    let silent_for = wait::until(PATIENCE, "the silence", || match report::read(&room.store()).unwrap() {
        Found::Unresponsive { report, silent_for } => {
            assert_eq!(report.pid, watcher.process());
            silent_for
        }
        _ => None,
    });
    assert!(silent_for > SILENCE_MAX, "{silent_for:?}");
    assert_eq!(serves(&broker).as_deref(), Some("one"));
    watcher.signal(Signal::CONT);
    served(&broker, "two");
    becomes(&room, State::UpToDate);
    // It goes on giving signs of life while nothing happens.
    wait::holds(SILENCE_MAX + Duration::from_secs(2), "it lives", || {
        matches!(report::read(&room.store()).unwrap(), Found::Running(_))
    });
}

#[test]
fn a_lock_or_report_that_was_removed_is_made_again() {
    let (room, _broker, watcher) = started();
    for _ in 0..3 {
        fs::remove_file(report::lock_path(&room.store())).unwrap();
        wait_until("the lock", || matches!(report::read(&room.store()).unwrap(), Found::Running(_)));
        let refused = room.run(&["watch"]).expect(1).stderr;
        assert!(refused.contains("another watcher of"), "{refused}");
    }
    fs::remove_file(report::path(&room.store())).unwrap();
    becomes(&room, State::UpToDate);
    assert!(watcher.stop(Signal::TERM).success());
}

#[test]
fn what_somebody_else_pushed_is_replaced_unless_it_was_cleared() {
    let (room, broker, watcher) = started();
    let other = room.path().join("elsewhere/other.age");
    store_at(&room, &other, "of another store");
    room.run(&["push", "--store", other.to_str().unwrap()]).expect(0);
    assert_eq!(broker.status().generation, 2);
    served(&broker, "one");
    watcher.wait_for("pushed 1 secret, generation 3 (somebody else has changed what the broker has)");
    room.run(&["clear"]).expect(0);
    becomes(&room, State::Cleared);
    wait::holds(CHECKED, "nothing is pushed", || broker.status().cleared);
    room.run(&["push"]).expect(0);
    becomes(&room, State::UpToDate);
    served(&broker, "one");
}

#[test]
fn it_ends_soon_although_the_broker_does_not_answer() {
    let room = Room::with_key();
    room.set("gh", "one");
    let asked = listen(&room.admin_socket(), &[Answer::Well, Answer::Never]);
    let watcher = Watcher::start(&room);
    assert_eq!([asked.recv().unwrap(), asked.recv().unwrap()], ["status", "push-creds"]);
    let begin = Instant::now();
    assert!(watcher.stop(Signal::TERM).success());
    // An answer is waited for 5 s; it ends within milliseconds, on a machine that is busy a little later.
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_killed_watcher_that_is_started_again_has_lost_nothing() {
    let (room, mut broker, mut watcher) = started();
    for round in 0..3 {
        let value = format!("round {round}");
        // Amid a change, and with changes while it is away.
        room.set("gh", "on the way");
        watcher.signal(Signal::KILL);
        assert!(!watcher.stop(Signal::KILL).success());
        assert!(matches!(report::read(&room.store()).unwrap(), Found::Stopped(Some(_))));
        room.set("gh", &value);
        if round == 1 {
            broker.kill();
            broker.restart();
        }
        watcher = Watcher::start(&room);
        served(&broker, &value);
        becomes(&room, State::UpToDate);
    }
    assert!(watcher.stop(Signal::TERM).success());
}

/// inotify says nothing of a folder two levels above a watched one.
#[test]
fn a_folder_further_up_that_is_exchanged_is_found_by_the_regular_look() {
    let room = Room::with_key();
    let (upper, away, next) = (room.path().join("upper"), room.path().join("away"), room.path().join("next"));
    store_at(&room, &upper.join("middle/store.age"), "one");
    store_at(&room, &next.join("middle/store.age"), "two");
    let broker = room.broker();
    room.project(&broker, &["gh"]);
    let mut command = room.command(&["watch"]);
    command.env("REMO_VAULT_STORE", upper.join("middle/store.age"));
    let watcher = Watcher::run(command);
    served(&broker, "one");
    fs::rename(&upper, &away).unwrap();
    fs::rename(&next, &upper).unwrap();
    served(&broker, "two");
    assert!(watcher.stop(Signal::TERM).success());
}

/// A file that is half written looks like one from which secrets were removed.
#[test]
fn a_push_by_hand_takes_nothing_away_while_the_store_is_being_written() {
    let (room, broker, watcher) = started();
    let short = fs::read(room.store()).unwrap();
    room.set("aws", "to be kept");
    watcher.wait_for("pushed 2 secrets, generation 2");
    let mut writer = OpenOptions::new().write(true).truncate(true).open(room.store()).unwrap();
    writer.write_all(&short).unwrap();
    becomes(&room, State::StoreUnreadable);
    let refused = room.run(&["push"]).expect(1);
    assert!(
        refused
            .stderr
            .contains("is not whole at the moment, and this would take away: aws; nothing was pushed")
            && refused.stderr.contains("hint: see who is writing to it: fuser -v "),
        "{refused:?}"
    );
    assert_eq!((refused.stdout.as_str(), broker.status().generation), ("", 2));
    assert_eq!(broker.status().secret_count, 2, "the broker keeps what it has");
    // Once nobody has it open, it is what somebody wants it to be.
    drop(writer);
    becomes(&room, State::UpToDate);
    room.run(&["push"]).expect(0);
    assert_eq!(broker.status().secret_count, 1);
}
