//! A value typed at a terminal: never shown, and the terminal is given back whatever happens.

use std::ffi::OsString;
use std::process::Command;

use remo_testkit::{Terminal, skip};

use crate::room::{BINARY, Room};

const SIZE: (u16, u16) = (80, 24);

/// The places of `room`, as variables.
fn places(room: &Room) -> Vec<(OsString, OsString)> {
    let ours = room.command::<&str>(&[]);
    let mut places: Vec<_> =
        ours.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    places.push(("PATH".into(), "/usr/bin:/bin".into()));
    places.push(("PS1".into(), "$ ".into()));
    places
}

#[test]
fn what_is_typed_the_moment_the_prompt_appears_is_not_shown() {
    const TEST: &str = "what_is_typed_the_moment_the_prompt_appears_is_not_shown";
    if Terminal::is_missing(TEST) {
        return;
    }
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return skip::skipped(TEST, "there is no strace");
    }
    let room = Room::with_key();
    // Every setting of the terminal is half a second late: a prompt that is printed before it gives that time to type.
    let slowly = ["-qq", "-o", "/dev/null", "-e", "trace=ioctl", "-e", "inject=ioctl:delay_enter=500000"];
    let arguments: Vec<_> = slowly.into_iter().chain([BINARY, "set", "typed"]).collect();
    let terminal = Terminal::start(SIZE, &places(&room), "strace".as_ref(), &arguments);
    terminal.wait_for("(not shown):");
    terminal.write("tripwire-typed\n");
    terminal.wait_for("once more:");
    terminal.write("tripwire-typed\n");
    terminal.wait_for("stored");
    let shown = terminal.scrollback();
    assert!(shown.contains("(not shown):") && !shown.contains("tripwire"), "{shown}");
    assert_eq!(room.reveal("typed"), "tripwire-typed");
}

#[test]
fn an_interruption_gives_the_terminal_back() {
    if Terminal::is_missing("an_interruption_gives_the_terminal_back") {
        return;
    }
    let room = Room::with_key();
    // A shell that does not mend the terminal itself.
    let terminal = Terminal::start(SIZE, &places(&room), "/bin/sh".as_ref(), &["-i"]);
    let command = format!("clear; {BINARY} set typed\n");
    terminal.wait_for("$");
    for (key, and_then) in [("C-c", "echo"), ("C-\\", "echo")] {
        terminal.write(&command);
        terminal.wait_for("(not shown):");
        terminal.write("tripwire-half");
        terminal.press(&[key]);
        terminal.wait_until("the shell", |screen| screen.trim_end().ends_with('$'));
        terminal.write(&format!("{and_then} seen-after"));
        terminal.wait_for(&format!("{and_then} seen-after"));
        terminal.press(&["Enter"]);
        let shown = terminal.scrollback();
        assert!(!shown.contains("tripwire"), "{shown}");
    }
    // Put aside, and taken up again.
    terminal.write(&command);
    terminal.wait_for("(not shown):");
    terminal.write("tripwire-half");
    terminal.press(&["C-z"]);
    terminal.wait_for("Stopped");
    terminal.write("echo seen-meanwhile\n");
    terminal.wait_for("\nseen-meanwhile");
    terminal.write("clear; fg\n");
    terminal.wait_for("(not shown):");
    terminal.write("tripwire-whole\n");
    terminal.wait_for("once more:");
    terminal.write("tripwire-whole\n");
    terminal.wait_for("stored");
    terminal.write("echo seen-at-the-end");
    terminal.wait_for("echo seen-at-the-end");
    let shown = terminal.scrollback();
    assert!(!shown.contains("tripwire"), "{shown}");
    assert_eq!(room.reveal("typed"), "tripwire-whole");
}

#[test]
fn an_end_of_input_at_the_prompt_stores_nothing() {
    if Terminal::is_missing("an_end_of_input_at_the_prompt_stores_nothing") {
        return;
    }
    let room = Room::with_key();
    let terminal = Terminal::start(SIZE, &places(&room), BINARY.as_ref(), &["set", "typed"]);
    terminal.wait_for("(not shown):");
    terminal.press(&["C-d"]);
    terminal.wait_for("expected end of file");
    assert!(!room.store().exists());
}
