//! The way back: the last good copy in the place of a store that is damaged or gone.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use remo_testkit::{skip, wait};
use rustix::process::Signal;

use crate::room::{Room, wait_until};
use crate::supplied::{report, served, serves, started, wait_for_state};
use crate::watcher::Watcher;

#[test]
fn restore_shows_what_it_changes_asks_and_keeps_what_it_replaces() {
    let Some((room, broker, _watcher)) =
        started("restore_shows_what_it_changes_asks_and_keeps_what_it_replaces")
    else {
        return;
    };
    assert!(room.run(&["restore"]).expect(0).stderr.contains("hold the same; nothing to do"));
    let good = room.text();
    // What the watcher cannot read it does not keep.
    let damaged = good
        .replace("gh= { provider = \"vault\", value = \"YWdl", "gh= { provider = \"vault\", value = \"AAAA");
    room.write(&damaged);
    wait::until(wait::PATIENCE, "the fault", || {
        Some(report(&room)).filter(|it| it["faults"]["gh"].is_string())
    });
    let refused = room.feed(&["restore"], b"").expect(1);
    assert!(refused.stdout.contains("~ gh  has the value of the copy again"), "{}", refused.stdout);
    assert!(refused.stderr.contains("nobody to ask; nothing was changed"), "{}", refused.stderr);
    assert_eq!(room.text(), damaged);
    room.run(&["restore", "--yes"]).expect(0);
    assert_eq!(room.text(), good);
    assert_eq!(fs::read_to_string(room.beside_store(".previous")).unwrap(), damaged);
    wait_until("the repair", || report(&room)["faults"].as_object().is_some_and(serde_json::Map::is_empty));
    served(&broker, "tripwire-one");

    room.write(&good[..good.len() / 2]);
    let shown = room.feed(&["restore", "--yes"], b"").expect(0);
    assert!(shown.stdout.contains("the store cannot be read") && shown.stdout.contains("+ npm  comes back"));
    assert_eq!(room.text(), good);
}

#[test]
fn a_store_that_has_gone_is_not_begun_anew() {
    let Some((room, broker, _watcher)) = started("a_store_that_has_gone_is_not_begun_anew") else { return };
    assert!(!room.beside_store(".previous").exists(), "fnox alone has written");
    let whole = room.text();
    fs::remove_file(room.store()).unwrap();
    for (arguments, input) in [(&["set", "other"][..], "x"), (&["import", "-"], "A=1"), (&["init"], "")] {
        let refused = room.feed(arguments, input.as_bytes()).expect(1).stderr;
        assert!(refused.contains("has gone, while"), "{refused}");
        assert!(refused.contains("hint: take the last copy back") && refused.contains("remo-vault restore"));
        assert!(!room.store().exists());
    }
    let said = wait_for_state(&room, "store_unreadable");
    assert!(said["hint"].as_str().unwrap().contains("remo-vault restore"), "{said}");
    assert_eq!(serves(&broker, "gh").as_deref(), Some("tripwire-one"));
    room.run(&["restore", "--yes"]).expect(0);
    assert_eq!(room.text(), whole);
    wait_for_state(&room, "up_to_date");
}

#[test]
fn restore_works_for_the_embedded_store() {
    let room = Room::with_key();
    room.set("gh", "tripwire-one");
    let nothing = room.run(&["restore", "--yes"]).expect(1).stderr;
    assert!(nothing.contains("hint: one is kept once the broker has taken"), "{nothing}");
    let broker = room.broker();
    room.project(&broker, &["gh"]);
    let _watcher = Watcher::start(&room);
    served(&broker, "tripwire-one");
    wait_for_state(&room, "up_to_date");
    fs::write(room.store(), b"age-encryption.org/v1\nhalf").unwrap();
    room.run(&["list"]).expect(1);
    room.run(&["restore", "--yes"]).expect(0);
    assert_eq!(room.reveal("gh"), "tripwire-one");
}

#[test]
fn a_terminal_is_asked() {
    let Some((room, _broker, watcher)) = started("a_terminal_is_asked") else { return };
    let good = room.text();
    assert!(watcher.stop(Signal::TERM).success());
    for (answer, status, text) in [("n\n", 1, ""), ("y\n", 0, good.as_str())] {
        room.write("");
        let ours = room.command(&["restore"]);
        let line = format!("{} restore", ours.get_program().to_str().unwrap());
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env_clear().env("PATH", "/usr/bin:/bin");
        for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            script.env(name, value);
        }
        let started = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = started else {
            return skip::skipped("a_terminal_is_asked", "there is no script(1)");
        };
        // What is typed before the question is no answer to it.
        let (mut output, mut shown) = (child.stdout.take().unwrap(), Vec::new());
        while !shown.ends_with(b"[y/N] ") {
            let mut byte = [0];
            output.read_exact(&mut byte).expect("a question");
            shown.extend(byte);
        }
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        output.read_to_end(&mut shown).unwrap();
        let ended = child.wait().unwrap();
        assert_eq!(ended.code(), Some(status), "{}", String::from_utf8_lossy(&shown));
        assert_eq!(room.text(), text);
    }
}
