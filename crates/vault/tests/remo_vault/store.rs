//! Storing, showing and removing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::room::{Room, mode};

#[test]
fn a_secret_is_stored_listed_and_shown_only_on_demand() {
    let room = Room::with_key();
    room.feed(&["set", "gh"], b"tripwire-value\n").expect(0);
    room.feed(&["set", "aws"], br#"{"user":"tripwire-user","password":"tripwire-password"}"#).expect(0);

    let list = room.run(&["list"]).expect(0);
    let json = room.run(&["list", "--json"]).expect(0);
    let described = room.run(&["get", "aws"]).expect(0);
    let described_json = room.run(&["get", "aws", "--json"]).expect(0);
    for shown in [&list, &json, &described, &described_json] {
        assert!(!shown.stdout.contains("tripwire") && !shown.stderr.contains("tripwire"), "{shown:?}");
    }
    assert!(described.stderr.contains("--reveal"), "{}", described.stderr);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["secrets"][0]["fields"], serde_json::json!(["password", "user"]));
    assert_eq!(json["secrets"][1]["name"], "gh");
    assert!(json["secrets"][1]["changed_at"].as_str().unwrap().ends_with('Z'));

    assert_eq!(room.reveal("gh"), "tripwire-value");
    assert_eq!(room.reveal("aws"), r#"{"password":"tripwire-password","user":"tripwire-user"}"#);
}

#[test]
fn files_and_folder_are_private_and_hold_no_plaintext() {
    let room = Room::with_key();
    room.set("gh", "tripwire-number-one");
    room.set("gh", "tripwire-number-two");
    assert_eq!(mode(&room.vault()), 0o700);
    assert_eq!(room.files(), ["key.txt", "store.age", "store.age.lock", "store.age.previous"]);
    for file in room.files() {
        assert_eq!(mode(&room.vault().join(&file)), 0o600, "{file}");
    }
    room.expect_no_plaintext(&["tripwire-number-one", "tripwire-number-two"]);
}

#[test]
fn options_take_precedence_over_the_environment_and_may_stand_anywhere() {
    let room = Room::with_key();
    let other = room.path().join("other/store.age");
    room.feed(&["--store", other.to_str().unwrap(), "set", "gh"], b"elsewhere").expect(0);
    let shown = room.run(&["get", "gh", "--reveal", "--store", other.to_str().unwrap()]).expect(0);
    assert_eq!(shown.stdout, "elsewhere");
    assert_eq!(mode(other.parent().unwrap()), 0o700);
    assert!(!room.store().exists());
}

#[test]
fn the_version_before_the_last_change_is_kept_and_opens() {
    let room = Room::with_key();
    room.set("gh", "one");
    assert!(!room.previous().exists());
    room.set("gh", "two");
    let before = fs::read(room.store()).unwrap();
    room.set("gh", "three");
    assert_eq!(fs::read(room.previous()).unwrap(), before);
    let previous = room.previous();
    let shown = room.run(&["get", "gh", "--reveal", "--store", previous.to_str().unwrap()]).expect(0);
    assert_eq!(shown.stdout, "two");
}

#[test]
fn setting_the_same_value_again_writes_nothing() {
    let room = Room::with_key();
    room.set("gh", "one");
    let before = fs::read(room.store()).unwrap();
    let again = room.feed(&["set", "gh"], b"one").expect(0);
    assert_eq!(again.stderr, "gh has this value already (scalar)\n");
    assert_eq!(fs::read(room.store()).unwrap(), before);
    assert!(!room.previous().exists());
}

#[test]
fn removing_takes_all_names_or_none() {
    let room = Room::with_key();
    for name in ["a", "b", "c"] {
        room.set(name, "value");
    }
    let refused = room.run(&["remove", "a", "nope", "b", "no-name"]).expect(1);
    assert!(refused.stderr.contains("there is no secret nope, no-name; nothing was removed"));
    assert_eq!(room.names(), ["a", "b", "c"]);
    room.run(&["remove", "a", "c"]).expect(0);
    assert_eq!(room.names(), ["b"]);
    room.run(&["remove", "b", "b"]).expect(0);
    assert!(room.names().is_empty());
    assert!(room.run(&["list"]).expect(0).stderr.contains("the store is empty"));
}

#[test]
fn a_store_never_outgrows_a_push_and_stays_usable() {
    let room = Room::with_key();
    let large = vec![b'x'; 900_000];
    room.feed(&["set", "first"], &large).expect(0);
    let before = fs::read(room.store()).unwrap();
    let refused = room.feed(&["set", "second"], &large).expect(1);
    assert!(
        refused.stderr.starts_with("error: nothing was stored: with this, the store makes a push of 1800")
    );
    assert!(refused.stderr.contains("\nhint: store keys and tokens, not data files"), "{}", refused.stderr);
    let file = [b"A=".as_slice(), &large, b"\n"].concat();
    for import in [&["import", "-"][..], &["import", "--dry-run", "-"]] {
        let refused = room.feed(import, &file).expect(1);
        assert!(refused.stderr.contains("error: nothing was stored: with this,"), "{}", refused.stderr);
    }
    assert_eq!(fs::read(room.store()).unwrap(), before);
    room.set("first", "small");
    room.feed(&["set", "second"], &large).expect(0);
    assert_eq!(room.names(), ["first", "second"]);
}

#[test]
fn what_is_not_there_is_said() {
    let room = Room::with_key();
    for command in [&["list"][..], &["get", "gh"], &["remove", "gh"], &["push"]] {
        let refused = room.run(command).expect(1);
        assert!(refused.stderr.contains("there is no file"), "{}", refused.stderr);
        assert!(refused.stderr.contains("hint: store a first secret with: remo-vault set NAME"));
    }
    assert!(!room.store().exists(), "asking makes no store");
    room.set("gh", "value");
    assert!(room.run(&["get", "npm"]).expect(1).stderr.contains("there is no secret npm"));
    fs::remove_file(room.key()).unwrap();
    let refused = room.run(&["list"]).expect(1);
    assert!(
        refused.stderr.contains("belongs to a key that is there already: put that one back, or name it"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("key ensure"), "that one refuses beside a store: {}", refused.stderr);
    fs::write(room.key().with_file_name("tier.json"), "{}").unwrap();
    let refused = room.run(&["list"]).expect(1);
    assert!(refused.stderr.contains("as root: remo-vault key unseal"), "{}", refused.stderr);
}

#[test]
fn a_folder_in_which_others_could_replace_the_store_is_refused() {
    let room = Room::with_key();
    fs::set_permissions(room.vault(), fs::Permissions::from_mode(0o770)).unwrap();
    let refused = room.feed(&["set", "gh"], b"value").expect(1);
    assert!(refused.stderr.contains("other users may write to the folder"), "{}", refused.stderr);
    assert!(refused.stderr.contains("chmod 700"), "{}", refused.stderr);
    assert!(!room.store().exists());
}
