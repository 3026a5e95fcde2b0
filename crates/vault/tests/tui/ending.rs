//! However it ends, the terminal is given back as it was.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use remo_testkit::{Terminal, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::vault::{BINARY, USUAL, Vault};

/// Runs `command` under a shell that tells afterwards how it ended and how the terminal is set, and then waits.
fn under_a_shell(vault: &Vault, command: &str) -> (Terminal, PathBuf) {
    let pid = vault.directory.path().join("tui.pid");
    let script = format!(
        "echo before it; sh -c 'echo $$ > {}; exec {command}'; echo ended with $?; stty -a; exec cat",
        pid.display()
    );
    let mut environment = vault.environment();
    environment.push((OsString::from("PATH"), std::env::var_os("PATH").unwrap_or_default()));
    (Terminal::start(USUAL, &environment, "sh".as_ref(), &["-c", &script]), pid)
}

fn process(file: &Path) -> Pid {
    let text = fs::read_to_string(file).expect("the number was written");
    Pid::from_raw(text.trim().parse().expect("a number")).expect("a process")
}

#[track_caller]
fn expect_as_before(terminal: &Terminal, status: i32) -> String {
    let screen = terminal.wait_until("the end and the settings", |screen| {
        screen.contains(&format!("ended with {status}")) && screen.contains("echoke")
    });
    let words: Vec<_> = screen.split_whitespace().map(|word| word.trim_end_matches(';')).collect();
    for setting in ["icanon", "echo", "isig", "icrnl", "opost"] {
        assert!(words.contains(&setting), "{setting} is on again: {screen}");
    }
    assert!(!terminal.is_on_alternate_screen());
    assert!(terminal.scrollback().contains("before it"), "what was there before is back: {screen}");
    screen
}

#[test]
fn asked_to_end_by_a_signal_it_gives_the_terminal_back() {
    if Terminal::is_missing("ending::asked_to_end_by_a_signal_it_gives_the_terminal_back") {
        return;
    }
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let vault = Vault::new();
        let (terminal, pid) = under_a_shell(&vault, &format!("{BINARY} tui"));
        terminal.wait_for("broker: generation");
        assert!(terminal.is_on_alternate_screen());
        kill_process(process(&pid), signal).expect("it runs");
        expect_as_before(&terminal, 0);
    }
}

#[test]
fn control_c_ends_it_from_everywhere() {
    if Terminal::is_missing("ending::control_c_ends_it_from_everywhere") {
        return;
    }
    let vault = Vault::new();
    let (terminal, _) = under_a_shell(&vault, &format!("{BINARY} tui"));
    terminal.wait_for("broker: generation");
    terminal.press(&["s"]);
    terminal.wait_for("Enter next");
    terminal.press(&["C-c"]);
    expect_as_before(&terminal, 0);
}

#[test]
fn suspended_it_gives_the_terminal_back_and_continued_it_takes_it_again() {
    if Terminal::is_missing("ending::suspended_it_gives_the_terminal_back_and_continued_it_takes_it_again") {
        return;
    }
    let vault = Vault::new();
    let (terminal, pid) = under_a_shell(&vault, &format!("{BINARY} tui"));
    terminal.wait_for("broker: generation");
    terminal.press(&["C-z"]);
    terminal.wait_until("the former screen", |_| !terminal.is_on_alternate_screen());
    let pid = process(&pid);
    wait::until_true(wait::PATIENCE, "that it is stopped", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).expect("it is there");
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    });
    kill_process(pid, Signal::CONT).expect("it is there");
    terminal.wait_for("broker: generation");
    terminal.press(&["q"]);
    expect_as_before(&terminal, 0);
}

/// Makes the test below the program that panics.
const PANICS: &str = "REMO_TEST_PANICS_ON_THE_SCREEN";

#[test]
fn a_panic_gives_the_terminal_back_and_shows_no_value() {
    if Terminal::is_missing("ending::a_panic_gives_the_terminal_back_and_shows_no_value") {
        return;
    }
    // The same test once more, started by itself below on a terminal, is the program that panics.
    if std::env::var_os(PANICS).is_some() {
        let mut screen = remo_vault::tui::terminal::Screen::open().expect("a terminal");
        screen.draw(|frame| frame.render_widget("drawn", frame.area())).expect("it draws");
        panic!("valueInThePanic");
    }
    let vault = Vault::new();
    let this = std::env::current_exe().expect("this program");
    let command = format!(
        "env {PANICS}=1 {} --exact ending::a_panic_gives_the_terminal_back_and_shows_no_value --nocapture --test-threads=1",
        this.display()
    );
    let (terminal, _) = under_a_shell(&vault, &command);
    expect_as_before(&terminal, 101);
    let all = terminal.scrollback();
    assert!(all.contains("a fault in remo-vault ended it") && all.contains("ending.rs"), "{all}");
    assert!(!all.contains("valueInThePanic"), "{all}");
}

#[test]
fn without_a_terminal_it_says_so() {
    let vault = Vault::new();
    let output = std::process::Command::new(BINARY)
        .arg("tui")
        .env_clear()
        .envs(vault.environment())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.starts_with("error: ") && message.contains("\nhint: "), "{message}");
}
