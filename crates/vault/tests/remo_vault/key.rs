//! `key ensure`, and key files that are none.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::room::{Room, mode};

#[test]
fn a_key_is_made_once_private_and_in_the_format_of_age() {
    let room = Room::empty();
    let made = room.run(&["key", "ensure", "--allow-plaintext"]).expect(0);
    assert!(made.stdout.starts_with("age1"), "{}", made.stdout);
    assert_eq!((mode(&room.key()), mode(&room.vault())), (0o600, 0o700));
    let content = fs::read_to_string(room.key()).unwrap();
    assert!(content.lines().any(|line| line == format!("# public key: {}", made.stdout.trim())), "{content}");
    assert_eq!(content.lines().filter(|line| line.starts_with("AGE-SECRET-KEY-1")).count(), 1);

    let again = room.run(&["key", "ensure"]).expect(0);
    assert_eq!(again.stdout, made.stdout);
    assert_eq!(fs::read_to_string(room.key()).unwrap(), content);
    assert_eq!(room.files(), ["key.txt"], "no draft is left behind");
}

#[test]
fn a_plaintext_key_is_made_only_when_that_is_allowed() {
    let room = Room::empty();
    let refused = room.run(&["key", "ensure"]).expect(1);
    assert!(refused.stderr.contains("does not protect against root"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: if that will do: remo-vault key ensure --allow-plaintext"));
    assert!(!room.vault().exists());
}

#[test]
fn no_new_key_is_made_beside_a_store() {
    let room = Room::with_key();
    room.set("gh", "value");
    let kept = room.path().join("kept");
    fs::rename(room.key(), &kept).unwrap();
    let refused = room.run(&["key", "ensure", "--allow-plaintext"]).expect(1);
    assert!(refused.stderr.contains("which a new key would not open"), "{}", refused.stderr);
    assert!(!room.key().exists());
    fs::rename(kept, room.key()).unwrap();
    assert_eq!(room.reveal("gh"), "value");
}

#[test]
fn no_new_key_is_made_beside_what_a_store_has_left() {
    let room = Room::with_key();
    room.set("gh", "one");
    room.set("gh", "two");
    fs::remove_file(room.store()).unwrap();
    fs::remove_file(room.key()).unwrap();
    let refused = room.run(&["key", "ensure", "--allow-plaintext"]).expect(1);
    assert!(
        refused.stderr.contains("store.age.previous, which a new key would not open"),
        "{}",
        refused.stderr
    );
    assert!(!room.key().exists());
}

#[test]
fn keys_made_at_the_same_time_are_one_key() {
    let room = Room::empty();
    let children: Vec<_> =
        (0..8).map(|_| room.command(&["key", "ensure", "--allow-plaintext"]).spawn().unwrap()).collect();
    let recipients: Vec<_> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        })
        .collect();
    assert!(recipients.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(room.files(), ["key.txt"], "no draft is left behind");
}

#[test]
fn what_is_no_key_is_refused_and_never_replaced() {
    let room = Room::with_key();
    room.set("gh", "value");
    let key = fs::read_to_string(room.key()).unwrap();
    let identity = key.lines().last().unwrap();
    for (content, problem) in [
        (String::new(), "holds no age X25519 identity"),
        ("# only a comment\n".to_owned(), "holds no age X25519 identity"),
        ("tripwire\n".to_owned(), "holds no age X25519 identity"),
        (identity[..identity.len() - 1].to_owned(), "holds no age X25519 identity"),
        (format!("{identity}\n{identity}\n"), "holds 2 age identities"),
        ("x".repeat(70_000), "is larger than 65536 bytes"),
    ] {
        fs::write(room.key(), &content).unwrap();
        for command in [&["list"][..], &["key", "ensure", "--allow-plaintext"], &["remove", "gh"]] {
            let refused = room.run(command).expect(1);
            assert!(refused.stderr.contains(problem), "{}", refused.stderr);
            assert!(!refused.stderr.contains("tripwire") && !refused.stderr.contains("AGE-SECRET-KEY-1Q"));
        }
        assert_eq!(fs::read_to_string(room.key()).unwrap(), content);
    }
    fs::write(room.key(), format!("\r\n  {identity}  \r\n")).unwrap();
    assert_eq!(room.reveal("gh"), "value");
}

#[test]
fn a_key_that_others_can_touch_is_refused() {
    let room = Room::with_key();
    room.set("gh", "value");
    for open in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(room.key(), fs::Permissions::from_mode(open)).unwrap();
        let refused = room.run(&["list"]).expect(1);
        assert!(refused.stderr.contains("is open to other users"), "{}", refused.stderr);
        assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
    }
    fs::set_permissions(room.key(), fs::Permissions::from_mode(0o400)).unwrap();
    room.run(&["list"]).expect(0);

    let real = room.path().join("real");
    fs::rename(room.key(), &real).unwrap();
    symlink(&real, room.key()).unwrap();
    assert!(room.run(&["list"]).expect(1).stderr.contains("is a symbolic link"));
    fs::remove_file(room.key()).unwrap();
    fs::create_dir(room.key()).unwrap();
    assert!(room.run(&["list"]).expect(1).stderr.contains("is not a regular file"));
}

#[test]
fn the_status_of_a_plaintext_key_says_what_would_be_better() {
    let room = Room::with_key();
    let shown = room.run(&["key", "status"]).expect(0);
    assert!(
        shown.stdout.contains("\nwritten       2") && !shown.stdout.contains("sealed since"),
        "{shown:?}"
    );
    let better = format!("remo-vault key ensure --import --owner UID < {}", room.key().display());
    assert!(
        shown.stderr.starts_with("note: sealed it is better protected") && shown.stderr.contains(&better)
    );
    let json: serde_json::Value =
        serde_json::from_str(&room.run(&["key", "status", "--json"]).expect(0).stdout).unwrap();
    assert_eq!((&json["sealed_since"], json["written_at"].is_string()), (&serde_json::Value::Null, true));
}
