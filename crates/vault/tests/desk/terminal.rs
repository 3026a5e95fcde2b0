//! In a real terminal: the question, and the width.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;

use remo_testkit::{Terminal, wait};
use rustix::process::Signal;

use crate::room::{MANIFEST, Room, write_manifest};

/// Runs `lines` in a terminal of this size, and shows how the last of them ended; `None` without a terminal program.
fn start(room: &Room, name: &str, size: (u16, u16), lines: &str) -> Option<Terminal> {
    if Terminal::is_missing(name) {
        return None;
    }
    let script = room.path().join("script");
    let mut content = String::from("#!/bin/sh\n");
    for (name, value) in room.environment() {
        writeln!(content, "export {name}='{}'", value.display()).unwrap();
    }
    writeln!(content, "{lines}\necho \"exit status: $?\"\nread nothing").unwrap();
    fs::write(&script, content).unwrap();
    Some(Terminal::start(size, &[], OsStr::new("/bin/sh"), &[script]))
}

#[test]
fn the_question_is_answered_by_a_person_and_anything_but_yes_is_no() {
    const NAME: &str = "the_question_is_answered_by_a_person_and_anything_but_yes_is_no";
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let Some(terminal) = start(&room, NAME, (80, 40), "remo-reload web") else { return };
    terminal.wait_for("Approve exactly this for web? [y/N]");
    terminal.press(&["Enter"]);
    terminal.wait_for("exit status: 1");
    assert!(terminal.screen().contains("nothing was approved"));
    assert!(broker.manifest(&web).unwrap().pinned.is_none());
}

#[test]
fn what_changed_meanwhile_is_shown_and_asked_anew() {
    const NAME: &str = "what_changed_meanwhile_is_shown_and_asked_anew";
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let Some(terminal) = start(&room, NAME, (80, 60), "remo-reload web") else { return };
    terminal.wait_for("Approve exactly this for web? [y/N]");
    write_manifest(&web, "[secrets.everything]\n");
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("the manifest of web changed while you read it; nothing was approved.");
    terminal.wait_for("+ everything: variable EVERYTHING, required");
    terminal.wait_for_nth("Approve exactly this for web? [y/N]", 2);
    assert!(broker.manifest(&web).unwrap().pinned.is_none());
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("exit status: 0");
    terminal.wait_for("Approved: web may have everything.");
    assert_eq!(broker.manifest(&web).unwrap().pinned.unwrap().bindings.len(), 1);
}

#[test]
fn what_was_typed_before_the_question_approves_nothing() {
    const NAME: &str = "what_was_typed_before_the_question_approves_nothing";
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    // The broker stands still until the keys are in the terminal.
    broker.signal(Signal::STOP);
    let Some(terminal) = start(&room, NAME, (80, 40), "echo begins\nremo-reload web") else {
        return;
    };
    terminal.wait_for("begins");
    terminal.press(&["y", "Enter", "y", "Enter", "y"]);
    wait::until_true(wait::PATIENCE, "the keys on the screen", || {
        terminal.screen().lines().filter(|line| *line == "y").count() == 3
    });
    broker.signal(Signal::CONT);
    terminal.wait_for("Approve exactly this for web? [y/N]");
    // It waits for an answer; this one is a no, so no `y` from before can be a part of it.
    terminal.press(&["n", "Enter"]);
    terminal.wait_for("exit status: 1");
    assert!(broker.manifest(&web).unwrap().pinned.is_none(), "{}", terminal.screen());
}

#[test]
fn a_second_yes_does_not_answer_for_the_manifest_that_was_swapped_in() {
    const NAME: &str = "a_second_yes_does_not_answer_for_the_manifest_that_was_swapped_in";
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let Some(terminal) = start(&room, NAME, (80, 60), "remo-reload web") else { return };
    terminal.wait_for("Approve exactly this for web? [y/N]");
    write_manifest(&web, "[secrets.everything]\n");
    terminal.press(&["y", "Enter", "y", "Enter"]);
    terminal.wait_for_nth("Approve exactly this for web? [y/N]", 2);
    assert!(broker.manifest(&web).unwrap().pinned.is_none(), "{}", terminal.screen());
    terminal.press(&["Enter"]);
    terminal.wait_for("exit status: 1");
    assert!(broker.manifest(&web).unwrap().pinned.is_none(), "{}", terminal.screen());
}

#[test]
fn a_person_is_asked_before_a_stored_value_is_replaced() {
    const NAME: &str = "a_person_is_asked_before_a_stored_value_is_replaced";
    let room = Room::stocked();
    let before = fs::read(room.store()).unwrap();
    let Some(terminal) = start(&room, NAME, (80, 40), "remo-vault set gh") else { return };
    terminal.wait_for("gh is stored already. Replace it? [y/N]");
    terminal.press(&["Enter"]);
    terminal.wait_for("exit status: 1");
    assert!(!terminal.screen().contains("Value for gh"), "{}", terminal.screen());
    assert_eq!(fs::read(room.store()).unwrap(), before);
    drop(terminal);

    let lines = "remo-vault set gh\necho \"first: $?\"\nremo-vault set npm";
    let Some(terminal) = start(&room, NAME, (80, 40), lines) else { return };
    terminal.wait_for("gh is stored already. Replace it? [y/N]");
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("Value for gh (not shown)");
    terminal.press(&["another", "Enter"]);
    terminal.wait_for("The same once more");
    terminal.press(&["another", "Enter"]);
    terminal.wait_for("first: 0");
    terminal.wait_for("Value for npm (not shown)");
    assert_eq!(room.run("remo-vault get gh --reveal").expect(0).stdout.trim_end(), "another");
}

#[test]
fn tables_fit_a_narrow_terminal() {
    const NAME: &str = "tables_fit_a_narrow_terminal";
    let room = Room::stocked();
    let broker = room.broker();
    let fields: Vec<_> = (0..12).map(|field| format!("\"a_long_name_of_field_{field}\":\"x\"")).collect();
    room.set("bundle", &format!("{{{}}}", fields.join(",")));
    room.run("remo-vault push").expect(0);
    room.project(&broker, "web", MANIFEST);
    let lines = "remo-list-creds\nremo-test-project web";
    let Some(terminal) = start(&room, NAME, (72, 50), lines) else { return };
    terminal.wait_for("exit status: 1");
    let screen = terminal.screen();
    // A line that is too long would go on in the next one.
    let row = screen.lines().find(|line| line.starts_with("bundle ")).unwrap();
    assert!(row.ends_with('…') && row.chars().count() == 72, "{screen}");
    let file = screen.lines().find(|line| line.starts_with("aws ") && line.contains("file")).unwrap();
    assert!(file.ends_with('…'), "{screen}");
    assert!(screen.contains("web does not get what it requires: aws, gh."), "{screen}");
}
