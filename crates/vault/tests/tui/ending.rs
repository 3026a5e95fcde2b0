//! However it ends, the terminal is given back as it was.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use remo_testkit::{Terminal, wait};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};

use crate::vault::{BINARY, USUAL, Vault, begin_to_set, row_has, type_value};

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

#[test]
fn stopped_from_outside_and_continued_by_a_shell_it_shows_no_value() {
    let name = "ending::stopped_from_outside_and_continued_by_a_shell_it_shows_no_value";
    if Terminal::is_missing(name) {
        return;
    }
    if !Path::new("/bin/bash").exists() {
        return remo_testkit::skip::skipped(name, "there is no bash");
    }
    let vault = Vault::new();
    vault.set("npm", "npm_0123456789abcdef");
    let pid = vault.directory.path().join("tui.pid");
    let mut environment = vault.environment();
    environment.push((OsString::from("PATH"), std::env::var_os("PATH").unwrap_or_default()));
    environment.push(("PS1".into(), "ready> ".into()));
    let shell = ["--norc", "--noprofile", "-i"];
    let terminal = Terminal::start(USUAL, &environment, "/bin/bash".as_ref(), &shell);
    terminal.wait_for("ready>");
    terminal.write(&format!("sh -c 'echo $$ > {}; exec {BINARY} tui'", pid.display()));
    terminal.press(&["Enter"]);
    terminal.wait_for("broker: generation");
    begin_to_set(&terminal, "tok");
    terminal.wait_for("Enter done");
    kill_process(process(&pid), Signal::STOP).expect("it runs");
    // The shell has the terminal now, and has made it echo.
    terminal.wait_for("Stopped");
    terminal.write("fg");
    terminal.press(&["Enter"]);
    terminal.wait_for("nothing was stored");
    terminal.write("hunter2-my-value");
    terminal.press(&["1", "?"]);
    terminal.wait_for("remove the secret under the cursor");
    terminal.press(&["Escape"]);
    let screen = terminal.wait_without("remove the secret under the cursor");
    assert!(!screen.contains("hunter2"), "{screen}");
    terminal.press(&["q"]);
    terminal.wait_until("the shell", |_| !terminal.is_on_alternate_screen());
    let all = terminal.scrollback();
    assert!(!all.contains("hunter2") && !vault.has("tok"), "{all}");
}

#[test]
fn what_was_typed_while_it_was_stopped_is_thrown_away() {
    if Terminal::is_missing("ending::what_was_typed_while_it_was_stopped_is_thrown_away") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let (terminal, pid) = under_a_shell(&vault, &format!("{BINARY} tui"));
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    let pid = process(&pid);
    kill_process(pid, Signal::STOP).expect("it runs");
    terminal.write(&format!("d{}", "y".repeat(6000)));
    // The terminal has answered: it has passed the keys on.
    terminal.screen();
    terminal.screen();
    kill_process(pid, Signal::CONT).expect("it is there");
    terminal.press(&["?"]);
    // The first key can be among those that are thrown away.
    let screen = terminal.wait_until("that keys count again", |screen| {
        let is_open = screen.contains("remove the secret under the cursor");
        if !is_open {
            terminal.press(&["?"]);
        }
        is_open
    });
    assert!(!screen.contains("Remove gh?") && vault.has("gh"), "{screen}");
}

/// A view that stores `gh` and waits, because another writer has the store.
fn held_up(vault: &Vault) -> (Terminal, PathBuf, File) {
    vault.set("npm", "npm_0123456789abcdef");
    let lock = File::open(vault.directory.path().join("vault/store.age.lock")).expect("the lock");
    flock(&lock, FlockOperation::LockExclusive).expect("nobody else writes");
    let (terminal, pid) = under_a_shell(vault, &format!("{BINARY} tui"));
    terminal.wait_until("the row", |screen| row_has(screen, "npm", &["no"]));
    begin_to_set(&terminal, "gh");
    type_value(&terminal, "0123456789abcdef");
    terminal.wait_for("storing gh");
    (terminal, pid, lock)
}

#[test]
fn a_signal_lets_a_change_come_to_its_end() {
    if Terminal::is_missing("ending::a_signal_lets_a_change_come_to_its_end") {
        return;
    }
    let vault = Vault::new();
    let (terminal, pid, lock) = held_up(&vault);
    let pid = process(&pid);
    kill_process(pid, Signal::TERM).expect("it runs");
    wait::holds(std::time::Duration::from_millis(400), "it waits", || terminal.is_on_alternate_screen());
    drop(lock);
    expect_as_before(&terminal, 0);
    assert!(vault.has("gh"));
}

#[test]
fn a_second_control_c_leaves_at_once() {
    if Terminal::is_missing("ending::a_second_control_c_leaves_at_once") {
        return;
    }
    let vault = Vault::new();
    let (terminal, _, lock) = held_up(&vault);
    terminal.press(&["C-c"]);
    terminal.wait_for("Ctrl-C: at once");
    terminal.press(&["C-c"]);
    expect_as_before(&terminal, 0);
    drop(lock);
    assert!(!vault.has("gh") && vault.has("npm"));
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
