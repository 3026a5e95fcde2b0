//! `remo-vend-status`: all is well only when nothing required is missing.

use std::fs;
use std::time::Duration;

use remo_testkit::wait;
use rustix::process::Signal;
use serde_json::Value;

use crate::room::{MANIFEST, Room};

fn codes(status: &Value) -> Vec<String> {
    let findings = status["findings"].as_array().unwrap();
    let problems = findings.iter().filter(|finding| finding["severity"] == "problem");
    problems.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn all_is_well_until_something_is_not() {
    let room = Room::stocked();
    let mut broker = room.broker();
    let watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    room.project(&broker, "web", MANIFEST);
    let status = || room.run("remo-vend-status --json");
    // A project that waits for approval is shown, and is no problem of the vault.
    assert!(room.run("remo-vend-status").expect(0).stdout.contains("All is well.\nTo look at:\n"));
    room.run("remo-reload web --yes").expect(0);
    let json = status().expect(0).json();
    assert_eq!(json["well"], true);
    assert_eq!(json["broker"]["protocol_version"], 2);
    assert_eq!(json["broker"]["secret_count"], 2);
    assert_eq!(json["projects"][0]["manifest"], "pinned");

    room.run("remo-vault remove gh").expect(0);
    wait::until_true(wait::PATIENCE, "the removal being pushed", || {
        codes(&status().json()) == ["required_missing"]
    });
    status().expect(1);
    room.set("gh", "ghp-tripwire-once-more");
    wait::until_true(wait::PATIENCE, "the secret being pushed", || status().status == 0);

    room.run("remo-vault clear").expect(0);
    assert_eq!(codes(&status().expect(1).json()), ["broker_cleared"]);
    room.run("remo-vault push").expect(0);
    wait::until_true(wait::PATIENCE, "the push ending the clear", || status().status == 0);

    broker.kill();
    assert_eq!(codes(&status().expect(4).json()), ["broker_unreachable"]);
    broker.restart();
    wait::until_true(wait::PATIENCE, "the watcher filling the broker again", || status().status == 0);

    drop(watcher);
    let json = status().expect(1).json();
    assert_eq!(codes(&json), ["watcher_not_running"]);
    assert_eq!(json["watcher"]["state"], "not_running");
}

#[test]
fn a_store_that_cannot_be_read_is_a_problem_with_a_remedy() {
    let room = Room::stocked();
    let _broker = room.broker();
    let _watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    fs::remove_file(room.path().join("vault/key.txt")).unwrap();
    let json = room.run("remo-vend-status --json").expect(1).json();
    assert_eq!(json["store"]["readable"], false);
    assert_eq!(json["broker"]["secret_count"], 2, "the broker keeps what it has");
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings[0]["code"], "store_unreadable");
    assert!(findings.iter().all(|finding| finding["remedy"].is_string()), "{findings:?}");
    let text = room.run("remo-vend-status").expect(1).stdout;
    assert!(!text.contains("All is well") && text.contains("put that one back, or name it"), "{text}");
    assert!(text.contains(", without its key") && !text.contains("cannot be read: "), "{text}");
}

#[test]
fn a_watcher_that_does_not_react_is_a_problem_until_it_goes_on() {
    let room = Room::stocked();
    let broker = room.broker();
    let watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    watcher.signal(Signal::STOP);
    let status = || room.run("remo-vend-status --json");
    // Its last sign of life has to be older than 15 seconds.
    wait::until_true(Duration::from_mins(1), "the silence being noticed", || {
        status().json()["watcher"]["state"] == "unresponsive"
    });
    let json = status().expect(1).json();
    assert_eq!(codes(&json), ["watcher_unresponsive"]);
    let continue_it = format!("kill -CONT {}", watcher.process());
    assert_eq!(json["watcher"]["pid"], watcher.process());
    assert_eq!(json["findings"][0]["command"], continue_it.as_str());
    let text = room.run("remo-vend-status").expect(1).stdout;
    let seconds = text.split("watcher   does not react for ").nth(1).and_then(|it| it.split(' ').next());
    assert!(seconds.and_then(|it| it.parse::<u64>().ok()).is_some_and(|it| it >= 15), "{text}");
    assert!(text.contains(&continue_it) && !text.contains("not running"), "{text}");

    room.set("gh", "ghp-tripwire-while-it-stands");
    watcher.signal(Signal::CONT);
    wait::until_true(wait::PATIENCE, "the watcher handing over again", || status().status == 0);
    assert_eq!(status().json()["watcher"]["state"], "up_to_date");
    assert_eq!(broker.status().generation, 2);
}
