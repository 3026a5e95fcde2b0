//! Questions on a real terminal: nothing secret is echoed, and the terminal is as before however it ends.

use std::ffi::OsStr;
use std::fs::File;

use remo_testkit::{Terminal, wait};
use rustix::termios::{LocalModes, tcgetattr};

use crate::room::BINARY;
use crate::scene::Scene;

/// A terminal in which a shell runs whose `remo-login` is the binary, pointed at `scene`.
fn open(scene: &Scene) -> Terminal {
    let link = scene.room.path().join("remo-login");
    std::os::unix::fs::symlink(BINARY, &link).unwrap();
    let of_scene = scene.command(&[]);
    let set = of_scene.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let path = format!("{}:/usr/bin:/bin", scene.room.path().display());
    let environment: Vec<_> =
        set.filter(|(name, _)| name != "PATH").chain([("PATH".into(), path.into())]).collect();
    let terminal = Terminal::start::<&str>((100, 30), &environment, OsStr::new("/bin/sh"), &[]);
    terminal.wait_until("a prompt of the shell", |screen| screen.contains(['#', '$']));
    terminal
}

/// Waits until the terminal echoes, or does not.
fn wait_for_echo(terminal: &Terminal, expected: bool) {
    let device = File::open(terminal.device()).unwrap();
    wait::until_true(wait::PATIENCE, &format!("echo is {expected}"), || {
        tcgetattr(&device).unwrap().local_modes.contains(LocalModes::ECHO) == expected
    });
}

#[test]
fn a_secret_is_typed_without_echo() {
    if Terminal::is_missing("questions::a_secret_is_typed_without_echo") {
        return;
    }
    let scene = Scene::new();
    let terminal = open(&scene);
    terminal.press(&["remo-login aws", "Enter"]);
    terminal.wait_for("Access key ID:");
    terminal.press(&["AKIATYPED", "Enter"]);
    terminal.wait_for("Secret access key (not shown):");
    wait_for_echo(&terminal, false);
    terminal.press(&["tripwire-typed", "Enter"]);
    terminal.wait_for("stored aws");
    wait_for_echo(&terminal, true);
    let screen = terminal.screen();
    assert!(screen.contains("AKIATYPED") && !screen.contains("tripwire"), "{screen}");
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("aws")).unwrap();
    assert_eq!(stored["aws_secret_access_key"], "tripwire-typed");
    scene.expect_nothing_left(&["tripwire-typed"]);
}

#[test]
fn an_interruption_gives_the_terminal_back() {
    if Terminal::is_missing("questions::an_interruption_gives_the_terminal_back") {
        return;
    }
    let scene = Scene::new();
    let terminal = open(&scene);
    terminal.press(&["remo-login token", "Enter"]);
    terminal.wait_for("Token (not shown):");
    wait_for_echo(&terminal, false);
    terminal.press(&["C-c"]);
    terminal.wait_for("interrupted; nothing was stored");
    wait_for_echo(&terminal, true);
    // A tool that has changed the terminal and is interrupted.
    scene.scripted(
        "raw",
        "stty -echo; echo in its hands; exec sleep 600",
        "credential = { value = { file = \"x\" } }",
    );
    terminal.press(&["clear; remo-login raw", "Enter"]);
    terminal.wait_for("in its hands");
    wait_for_echo(&terminal, false);
    terminal.press(&["C-c"]);
    terminal.wait_for("interrupted; nothing was stored");
    wait_for_echo(&terminal, true);
    scene.expect_nothing_left(&["tripwire-typed"]);
}
