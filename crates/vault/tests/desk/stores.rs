//! Stores in a bad state, and fnox.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use remo_testkit::fnox;

use crate::room::{GH, Room};

#[test]
fn a_single_entry_that_cannot_be_read_is_named_and_the_rest_is_well() {
    let room = Room::stocked();
    let _broker = room.broker();
    room.run("remo-vault push").expect(0);
    let key = fs::read_to_string(room.path().join("vault/key.txt")).unwrap();
    let identity = key.lines().last().unwrap().parse::<age::x25519::Identity>().unwrap();
    let document = serde_json::json!({ "format": 1, "entries": {
        "aws": { "value": { "fields": { "id": "a", "key": "b" } }, "changed_at": "2026-05-31T02:30:00Z" },
        "gh": { "value": { "base64": "***" }, "changed_at": "2026-05-31T02:30:00Z" },
        "not-a-name": { "value": { "text": "x" }, "changed_at": "2026-05-31T02:30:00Z" },
    }});
    fs::write(room.store(), age::encrypt(&identity.to_public(), document.to_string().as_bytes()).unwrap())
        .unwrap();
    fs::set_permissions(room.store(), fs::Permissions::from_mode(0o600)).unwrap();
    let json = room.run("remo-list-creds --json").expect(1).json();
    let codes: Vec<_> = json["findings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["entry_fault", "not_pushed", "name_unpushable"], "aws has another value there");
    assert_eq!(json["findings"][0]["name"], "gh");
    assert_eq!(json["secrets"][1]["in_broker"], "yes", "the broker keeps what it has");
    assert!(json["secrets"][1]["fault"].is_string());
    let text = room.run("remo-vend-status").expect(1).stdout;
    assert!(text.contains("  > store it again: remo-vault set gh\n"), "{text}");
    assert!(text.contains("\"not-a-name\" is not a secret name"), "{text}");
}

#[test]
fn the_commands_work_on_fnox_and_say_when_it_is_not_there() {
    const NAME: &str = "the_commands_work_on_fnox_and_say_when_it_is_not_there";
    let Some(fnox) = fnox::program(NAME) else { return };
    let room = Room::empty();
    room.run("remo-vault key ensure --allow-plaintext").expect(0);
    let store = room.path().join("vault/fnox.toml");
    let at = |program: &str| {
        let places = format!("--store {} --fnox {}", store.display(), fnox.display());
        format!("{program} {places}")
    };
    let broker = room.broker();
    room.feed(&at("remo-vault set gh"), GH);
    room.run(&at("remo-vault push")).expect(0);
    room.project(&broker, "web", "[secrets.gh]\n");
    let json = room.run(&at("remo-list-creds --json")).expect(0).json();
    assert_eq!(
        (&json["secrets"][0]["name"], &json["secrets"][0]["in_broker"]),
        (&"gh".into(), &"yes".into())
    );
    room.run(&at("remo-reload web --yes")).expect(0);
    room.run(&at("remo-test-project web")).expect(0);

    let without = format!("--store {} --fnox /nowhere/fnox", store.display());
    let json = room.run(&format!("remo-vend-status --json {without}")).expect(1).json();
    assert_eq!(json["store"]["readable"], false);
    assert_eq!(json["broker"]["secret_count"], 1, "the broker keeps its snapshot");
    assert_eq!(json["findings"][0]["code"], "store_unreadable");
    assert!(json["findings"][0]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert!(!room.printed().contains(GH));
}

#[test]
fn yes_is_said_only_of_what_the_broker_has_of_this_store() {
    const NAME: &str = "yes_is_said_only_of_what_the_broker_has_of_this_store";
    let Some(fnox) = fnox::program(NAME) else { return };
    let room = Room::empty();
    room.run("remo-vault key ensure --allow-plaintext").expect(0);
    let broker = room.broker();
    let at = |program: &str, store: &str| {
        format!("{program} --store {} --fnox {}", room.path().join(store).display(), fnox.display())
    };
    let listed = |store: &str, status: i32| {
        let json = room.run(&at("remo-list-creds --json", store)).expect(status).json();
        let codes =
            json["findings"].as_array().unwrap().iter().map(|it| it["code"].clone()).collect::<Vec<_>>();
        (json["secrets"][0]["in_broker"].clone(), codes)
    };
    let one = "vault/fnox.toml";
    room.feed(&at("remo-vault set gh", one), GH);
    room.run(&at("remo-vault push", one)).expect(0);
    assert_eq!(listed(one, 0), ("yes".into(), Vec::new()));
    // No watcher runs, and fnox knows no times.
    room.feed(&at("remo-vault set gh", one), "another");
    assert_eq!(listed(one, 1), ("older".into(), vec!["not_pushed".into()]));
    room.run(&at("remo-vault push", one)).expect(0);
    assert_eq!(listed(one, 0), ("yes".into(), Vec::new()));
    // Another store with the same names.
    let other = "vault/other.toml";
    room.feed(&at("remo-vault set gh", other), "a third");
    assert_eq!(listed(other, 1), ("unknown".into(), vec!["broker_content_unknown".into()]));
    // Somebody else has pushed.
    broker.push(&[("gh", "a fourth")]);
    assert_eq!(listed(one, 1), ("unknown".into(), vec!["broker_content_unknown".into()]));
    let text = room.run(&at("remo-list-creds", one)).expect(1).stdout;
    assert!(text.contains("  > hand over what is stored: remo-vault push\n"), "{text}");
}

#[test]
fn two_changes_within_a_second_are_told_apart() {
    let room = Room::stocked();
    let _broker = room.broker();
    for round in 0..5 {
        room.set("gh", &format!("first-{round}"));
        room.run("remo-vault push").expect(0);
        room.set("gh", &format!("second-{round}"));
        room.run("remo-list-creds --json").expect(1);
    }
    room.run("remo-vault push").expect(0);
    room.run("remo-list-creds --json").expect(0);
}
