//! 0, 1, 2, 3 and 4 of every command.

use crate::room::{MANIFEST, Room, answering};

const COMMANDS: [&str; 4] =
    ["remo-list-creds", "remo-test-project web", "remo-vend-status", "remo-reload web --yes"];

#[test]
fn success_and_a_negative_answer() {
    let room = Room::stocked();
    let broker = room.broker();
    room.project(&broker, "web", MANIFEST);
    for command in COMMANDS {
        let expected = i32::from(!command.starts_with("remo-reload"));
        room.run(command).expect(expected);
    }
    let _watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    for command in COMMANDS {
        room.run(command).expect(0);
        room.run(&format!("{command} --json")).expect(0).json();
    }
}

#[test]
fn a_wrong_command_line() {
    let room = Room::stocked();
    for command in [
        "remo-list-creds --nonsense",
        "remo-list-creds web",
        "remo-test-project",
        "remo-test-project Web",
        "remo-vend-status web",
        "remo-reload",
        "remo-reload ../web",
    ] {
        let outcome = room.run(command).expect(2);
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn another_protocol_version() {
    let room = Room::stocked();
    answering(&room, Some("{\"ok\":true,\"protocol_version\":3}\n"));
    for command in COMMANDS {
        let outcome = room.run(command).expect(3);
        let words = outcome.stdout + &outcome.stderr;
        assert!(words.contains("protocol version 3, this program version 2"), "{words}");
    }
    room.run("remo-vault message").expect(0);
}

#[test]
fn no_broker() {
    let room = Room::stocked();
    for command in COMMANDS {
        let outcome = room.run(command).expect(4);
        let words = outcome.stdout + &outcome.stderr;
        assert!(
            words.contains("cannot reach the broker") && words.contains("--admin-socket PATH"),
            "{words}"
        );
    }
    let json = room.run("remo-vend-status --json").expect(4).json();
    assert_eq!(json["broker"]["state"], "unreachable");
    assert_eq!(json["findings"][0]["code"], "broker_unreachable");
    let listing = room.run("remo-list-creds --json").expect(4).json();
    assert_eq!(listing["secrets"][0]["in_broker"], "unknown");
    assert_eq!(listing["secrets"][1]["name"], "gh");
}
