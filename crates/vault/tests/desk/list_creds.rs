//! `remo-list-creds`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::room::Room;

#[test]
fn json_says_everything_but_values() {
    let room = Room::stocked();
    let _broker = room.broker();
    room.run("remo-vault push").expect(0);
    let json = room.run("remo-list-creds --json").expect(0).json();
    let aws = &json["secrets"][0];
    assert_eq!(aws["name"], "aws");
    assert_eq!(aws["kind"], "bundle");
    assert_eq!(aws["fields"], serde_json::json!(["id", "key"]));
    assert_eq!(aws["in_store"], true);
    assert_eq!(aws["in_broker"], "yes");
    assert_eq!(aws["expires_at"], serde_json::Value::Null);
    for time in [&json["taken_at"], &aws["changed_at"], &aws["pushed_at"]] {
        let time = time.as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() == "2026-05-31T02:30:00Z".len(), "{time}");
    }
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn what_has_not_reached_the_broker_is_a_negative_answer() {
    let room = Room::stocked();
    let broker = room.broker();
    let listing = || room.run("remo-list-creds --json");
    assert_eq!(listing().expect(1).json()["secrets"][1]["in_broker"], "no");
    room.run("remo-vault push").expect(0);
    listing().expect(0);
    room.run("remo-vault remove gh").expect(0);
    let json = listing().expect(1).json();
    assert_eq!(json["secrets"][1]["in_store"], false);
    assert_eq!(json["findings"][0]["code"], "removed_still_served");
    assert_eq!(json["findings"][0]["command"], "remo-vault push");
    broker.clear();
    assert_eq!(listing().expect(1).json()["findings"][0]["code"], "broker_cleared");
}

#[test]
fn a_store_that_cannot_be_read_still_shows_what_the_broker_has() {
    let room = Room::stocked();
    let _broker = room.broker();
    room.run("remo-vault push").expect(0);
    fs::write(room.store(), "age-encryption.org/v1\nnonsense").unwrap();
    fs::set_permissions(room.store(), fs::Permissions::from_mode(0o600)).unwrap();
    let json = room.run("remo-list-creds --json").expect(1).json();
    assert_eq!(json["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(json["secrets"][0]["in_store"], serde_json::Value::Null);
    assert_eq!(json["findings"][0]["code"], "store_unreadable");
    // Another key than the store was made with.
    let room = Room::stocked();
    let key = room.path().join("vault/key.txt");
    fs::remove_file(&key).unwrap();
    let elsewhere = room.path().join("other.txt");
    room.run(&format!(
        "remo-vault key ensure --allow-plaintext --key-file {0} --store {0}.age",
        elsewhere.display()
    ))
    .expect(0);
    fs::rename(elsewhere, key).unwrap();
    let text = room.run("remo-list-creds").expect(4).stdout;
    assert!(text.contains("name the key that the store was made with"), "{text}");
}
