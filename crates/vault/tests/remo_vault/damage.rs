//! Stores that cannot be read: a clear error, and nothing is lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use remo_testkit::{SmallDisk, skip};

use crate::room::Room;

/// Every command that reads the store fails with `problem`, and the store stays as it is.
#[track_caller]
fn refused_everywhere(room: &Room, problem: &str) {
    let before = fs::read(room.store()).ok();
    for (arguments, input) in [
        (&["list"][..], ""),
        (&["get", "gh"], ""),
        (&["remove", "gh"], ""),
        (&["set", "gh"], "new"),
        (&["import", "-"], "gh=new"),
        (&["push"], ""),
    ] {
        let refused = room.feed(arguments, input.as_bytes()).expect(1);
        assert!(refused.stderr.contains(problem), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("\nhint: "), "{arguments:?}: {}", refused.stderr);
        assert_eq!(fs::read(room.store()).ok(), before, "{arguments:?}");
    }
}

fn room_with_two_versions() -> Room {
    let room = Room::with_key();
    room.set("gh", "one");
    room.set("gh", "two");
    room
}

#[test]
fn another_key() {
    let room = room_with_two_versions();
    let (right, store) = (fs::read(room.key()).unwrap(), fs::read(room.store()).unwrap());
    fs::remove_file(room.key()).unwrap();
    fs::remove_file(room.store()).unwrap();
    let nowhere = room.path().join("nowhere");
    room.run(&["key", "ensure", "--allow-plaintext", "--store", nowhere.to_str().unwrap()]).expect(0);
    fs::write(room.store(), store).unwrap();
    fs::set_permissions(room.store(), fs::Permissions::from_mode(0o600)).unwrap();
    refused_everywhere(&room, "the file is sealed for another key");
    fs::write(room.key(), right).unwrap();
    assert_eq!(room.reveal("gh"), "two");
}

#[test]
fn a_file_cut_anywhere() {
    let room = room_with_two_versions();
    let whole = fs::read(room.store()).unwrap();
    for length in 0..whole.len() {
        fs::write(room.store(), &whole[..length]).unwrap();
        let refused = room.feed(&["set", "gh"], b"new").expect(1);
        assert!(refused.stderr.contains("cannot open the store"), "{length}: {}", refused.stderr);
        assert_eq!(fs::read(room.store()).unwrap(), &whole[..length]);
    }
    fs::write(room.store(), &whole[..whole.len() - 1]).unwrap();
    refused_everywhere(&room, "the file is damaged or cut short");
    // The hint leads back to the version before.
    let hint = room.run(&["list"]).expect(1).stderr;
    assert!(hint.contains("remo-vault list --store") && hint.contains("cp -p"), "{hint}");
    fs::copy(room.previous(), room.store()).unwrap();
    assert_eq!(room.reveal("gh"), "one");
}

#[test]
fn a_byte_changed_anywhere() {
    let room = room_with_two_versions();
    let whole = fs::read(room.store()).unwrap();
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(room.store(), &changed).unwrap();
        let refused = room.run(&["get", "gh", "--reveal"]).expect(1);
        assert!(refused.stderr.contains("cannot open the store"), "{position}: {}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
}

#[test]
fn an_empty_file_and_a_file_of_another_kind() {
    let room = room_with_two_versions();
    fs::write(room.store(), "").unwrap();
    refused_everywhere(&room, "the file is empty");
    fs::write(room.store(), "{\"gh\":\"plaintext\"}").unwrap();
    refused_everywhere(&room, "the file is not an age file");
}

#[test]
fn a_store_that_has_gone_is_not_begun_anew() {
    let room = room_with_two_versions();
    fs::remove_file(room.store()).unwrap();
    let refused = room.feed(&["set", "gh"], b"new").expect(1);
    assert!(refused.stderr.contains("has gone, while"), "{}", refused.stderr);
    assert!(refused.stderr.contains("cp -p"), "{}", refused.stderr);
    assert!(!room.store().exists());
    refused_everywhere(&room, "has gone, while");
    fs::copy(room.previous(), room.store()).unwrap();
    room.set("npm", "new");
    assert_eq!(room.names(), ["gh", "npm"]);
}

#[test]
fn a_file_that_is_too_large_leads_back_to_the_version_before() {
    let room = room_with_two_versions();
    fs::File::options().write(true).open(room.store()).unwrap().set_len(17 * 1024 * 1024).unwrap();
    let refused = room.run(&["list"]).expect(1);
    assert!(refused.stderr.contains("is larger than 16777216 bytes"), "{}", refused.stderr);
    assert!(refused.stderr.contains("cp -p"), "{}", refused.stderr);
}

#[test]
fn a_folder_that_cannot_be_synchronised_is_noticed_before_anything_changes() {
    let room = room_with_two_versions();
    let before = (fs::read(room.store()).unwrap(), fs::read(room.previous()).unwrap());
    fs::set_permissions(room.vault(), fs::Permissions::from_mode(0o300)).unwrap();
    // Root may read any folder, so it goes without that right.
    let mut command = room.command(&["set", "gh"]);
    if rustix::process::geteuid().is_root() {
        let program = command.get_program().to_owned();
        command = Command::new("setpriv");
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]).arg(program);
        command
            .args(["set", "gh"])
            .env("REMO_VAULT_STORE", room.store())
            .env("REMO_VAULT_KEY_FILE", room.key());
    }
    let value = fs::File::open(room.key()).unwrap();
    let output = command.stdin(value).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    fs::set_permissions(room.vault(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("it is as it was before: Permission denied"), "{stderr}");
    assert_eq!((fs::read(room.store()).unwrap(), fs::read(room.previous()).unwrap()), before);
}

#[test]
fn a_store_that_others_can_touch() {
    let room = room_with_two_versions();
    fs::set_permissions(room.store(), fs::Permissions::from_mode(0o640)).unwrap();
    refused_everywhere(&room, "is open to other users (mode 0640)");
    fs::set_permissions(room.store(), fs::Permissions::from_mode(0o600)).unwrap();
    let real = room.path().join("real");
    fs::rename(room.store(), &real).unwrap();
    symlink(&real, room.store()).unwrap();
    refused_everywhere(&room, "is a symbolic link, which is not followed");
    fs::remove_file(room.store()).unwrap();
    assert!(Command::new("mkfifo").arg(room.store()).status().unwrap().success());
    let refused = room.run(&["list"]).expect(1);
    assert!(refused.stderr.contains("is not a regular file"), "{}", refused.stderr);
}

#[test]
fn a_store_of_another_user() {
    let room = room_with_two_versions();
    if skip::without_root("a_store_of_another_user") {
        return;
    }
    std::os::unix::fs::chown(room.store(), Some(4242), None).unwrap();
    refused_everywhere(&room, "belongs to user 4242, not to user 0");
}

/// The vault's folder on a disk of its own, or `None` where the system does not permit one.
fn on_small_disk(test: &str) -> Option<(Room, SmallDisk)> {
    let room = Room::empty();
    match SmallDisk::mount(&room.vault(), 64) {
        Ok(disk) => {
            room.run(&["key", "ensure", "--allow-plaintext"]).expect(0);
            Some((room, disk))
        }
        Err(reason) => {
            skip::skipped(test, &reason);
            None
        }
    }
}

#[test]
fn a_full_disk() {
    let Some((room, disk)) = on_small_disk("a_full_disk") else { return };
    room.set("gh", "one");
    room.set("gh", "two");
    let (store, files) = (fs::read(room.store()).unwrap(), room.files());
    disk.fill();
    let refused = room.feed(&["set", "big"], "x".repeat(9_000).as_bytes()).expect(1);
    assert!(refused.stderr.contains("it is as it was before: No space left on device"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: make room, then try again"), "{}", refused.stderr);
    assert_eq!(room.reveal("gh"), "two");
    assert_eq!(fs::read(room.store()).unwrap(), store);
    disk.relieve();
    assert_eq!(room.files(), files, "no half file stays");
    room.set("npm", "three");
    assert_eq!(room.names(), ["gh", "npm"]);
}

#[test]
fn a_read_only_disk() {
    let Some((room, disk)) = on_small_disk("a_read_only_disk") else { return };
    room.set("gh", "one");
    let remount = |how| Command::new("mount").args(["-o", how]).arg(room.vault()).status().unwrap().success();
    assert!(remount("remount,ro"));
    let refused = room.feed(&["set", "gh"], b"two").expect(1);
    assert!(refused.stderr.contains("Read-only file system"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: the file system is mounted read-only; see: findmnt"));
    assert_eq!(room.reveal("gh"), "one");
    assert!(remount("remount,rw"));
    room.set("gh", "two");
    assert_eq!(room.reveal("gh"), "two");
    drop(disk);
}
