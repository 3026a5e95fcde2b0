//! What was removed does not come back with the good copy.

use std::fs;

use remo_testkit::wait;
use rustix::process::Signal;

use crate::room::{Room, wait_until};
use crate::supplied::{report, served, serves, started, wait_for_state};
use crate::watcher::Watcher;

/// The good copy of the store as text.
fn good(room: &Room) -> String {
    fs::read_to_string(room.beside_store(".good")).unwrap()
}

#[test]
fn what_our_remove_took_away_is_not_in_the_good_copy() {
    let Some((room, broker, watcher)) = started("what_our_remove_took_away_is_not_in_the_good_copy") else {
        return;
    };
    // The last entry: the file without it is the beginning of the copy, which the watcher does not replace.
    room.set("zz_leaked", "tripwire-leaked");
    wait_until("the good copy", || good(&room).contains("zz_leaked"));
    wait_for_state(&room, "up_to_date");
    room.run(&["remove", "zz_leaked"]).expect(0);
    wait_until("the removal", || report(&room)["secrets"].get("zz_leaked").is_none());
    assert!(!good(&room).contains("zz_leaked") && good(&room).contains("npm"));
    // Also with nobody who remembers that it was removed.
    assert!(watcher.stop(Signal::TERM).success());
    fs::remove_file(room.beside_store(".watcher.json")).unwrap();
    room.write("");
    room.run(&["restore", "--yes", "--with-removed"]).expect(0);
    assert_eq!(room.names(), ["gh", "npm"]);
    assert_eq!(serves(&broker, "gh").as_deref(), Some("tripwire-one"));
}

#[test]
fn what_fnox_removed_comes_back_only_when_that_is_said() {
    let Some((room, _broker, watcher)) = started("what_fnox_removed_comes_back_only_when_that_is_said")
    else {
        return;
    };
    room.fnox_set("zz_leaked", "tripwire-leaked");
    wait_until("the good copy", || good(&room).contains("zz_leaked"));
    wait_for_state(&room, "up_to_date");
    assert!(room.fnox(&["remove", "zz_leaked"], b"").status.success());
    wait_until("the removal", || report(&room)["secrets"].get("zz_leaked").is_none());
    assert!(good(&room).contains("zz_leaked"), "the copy is longer than the store, and stays");
    let nothing = room.run(&["restore", "--yes"]).expect(0);
    assert!(nothing.stdout.contains("  zz_leaked  was removed since, is left out"), "{nothing:?}");
    assert!(nothing.stderr.contains("remo-vault restore --with-removed"), "{nothing:?}");
    assert!(nothing.stderr.contains("nothing to do"), "{nothing:?}");

    room.write("");
    wait_for_state(&room, "store_unreadable");
    let shown = room.run(&["restore", "--yes"]).expect(0);
    assert!(shown.stdout.contains("zz_leaked  was removed since, is left out"), "{shown:?}");
    assert!(
        shown.stdout.contains("+ gh  comes back") && shown.stderr.contains("restored 2 secrets"),
        "{shown:?}"
    );
    assert_eq!(room.names(), ["gh", "npm"]);
    wait_for_state(&room, "up_to_date");
    let shown = room.run(&["restore", "--yes", "--with-removed"]).expect(0);
    assert!(shown.stdout.contains("+ zz_leaked  was removed since, comes back"), "{shown:?}");
    assert_eq!(room.reveal("zz_leaked"), "tripwire-leaked");
    assert!(watcher.stop(Signal::TERM).success());
}

#[test]
fn both_hold_for_the_embedded_store() {
    let room = Room::with_key();
    room.set("gh", "tripwire-one");
    room.set("zz_leaked", "tripwire-leaked");
    let broker = room.broker();
    room.project(&broker, &["gh"]);
    let watcher = Watcher::start(&room);
    served(&broker, "tripwire-one");
    wait_for_state(&room, "up_to_date");
    let before = wait::until(wait::PATIENCE, "a good copy", || fs::read(room.beside_store(".good")).ok());
    // Without the watcher, which would make the copy anew.
    assert!(watcher.stop(Signal::TERM).success());
    room.run(&["remove", "zz_leaked"]).expect(0);
    assert_ne!(fs::read(room.beside_store(".good")).unwrap(), before);
    fs::write(room.store(), b"age-encryption.org/v1\nhalf").unwrap();
    room.run(&["restore", "--yes"]).expect(0);
    assert_eq!(room.names(), ["gh"]);

    // A copy that still has it, as from a watcher that had read the store before.
    let watcher = Watcher::start(&room);
    wait_until("the removal", || report(&room)["secrets"].get("zz_leaked").is_none());
    wait_for_state(&room, "up_to_date");
    fs::write(room.beside_store(".good"), &before).unwrap();
    fs::write(room.store(), b"age-encryption.org/v1\nhalf").unwrap();
    wait_for_state(&room, "store_unreadable");
    let shown = room.run(&["restore", "--yes"]).expect(0);
    assert!(shown.stdout.contains("zz_leaked  was removed since, is left out"), "{shown:?}");
    assert_eq!(room.names(), ["gh"]);
    fs::write(room.store(), b"age-encryption.org/v1\nhalf").unwrap();
    wait_for_state(&room, "store_unreadable");
    fs::write(room.beside_store(".good"), &before).unwrap();
    room.run(&["restore", "--yes", "--with-removed"]).expect(0);
    assert_eq!(room.names(), ["gh", "zz_leaked"]);
    assert!(watcher.stop(Signal::TERM).success());
}

#[test]
fn a_copy_that_is_not_understood_does_not_outlive_a_removal() {
    let room = Room::with_key();
    room.set("gh", "one");
    room.set("zz_leaked", "two");
    let copy = room.beside_store(".good");
    fs::copy(room.store(), &copy).unwrap();
    let whole = fs::read(&copy).unwrap();
    fs::write(&copy, &whole[..whole.len() - 1]).unwrap();
    room.run(&["remove", "zz_leaked"]).expect(0);
    assert!(!copy.exists());
    // One that has no such entry stays as it is.
    fs::copy(room.store(), &copy).unwrap();
    let before = fs::read(&copy).unwrap();
    room.set("npm", "three");
    room.run(&["remove", "npm"]).expect(0);
    assert_eq!(fs::read(&copy).unwrap(), before);
}
