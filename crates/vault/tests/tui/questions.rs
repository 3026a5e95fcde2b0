//! What is typed before a question is there does not answer it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;

use remo_testkit::{Terminal, wait};
use rustix::fs::OFlags;
use rustix::termios::{Action, tcflow};

use crate::vault::{Vault, row_has};

#[test]
fn keys_typed_ahead_answer_no_question_that_was_not_there() {
    if Terminal::is_missing("questions::keys_typed_ahead_answer_no_question_that_was_not_there") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let project = vault.project("project-a", &["gh"]);
    project.write_secrets(&["gh", "npm"]);
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    // In one piece, as a person types who does not look; and as a paste of the same letters.
    terminal.write("dyyy");
    terminal.wait_for("y = remove");
    assert!(vault.has("gh"));
    terminal.press(&["Escape"]);
    terminal.wait_for("nothing was changed");

    terminal.write("2a");
    terminal.wait_for("y = approve");
    terminal.paste("y");
    terminal.press(&["Escape"]);
    terminal.wait_for("nothing was changed");
    let pinned = vault.broker.manifest(&project).expect("an answer").pinned.expect("a pin");
    assert_eq!(pinned.bindings.len(), 1);
    assert!(vault.has("gh"));
}

#[test]
fn more_than_one_read_typed_ahead_answers_no_question() {
    if Terminal::is_missing("questions::more_than_one_read_typed_ahead_answers_no_question") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    // While the output is held, the view cannot draw its question, and everything below is typed ahead of it.
    let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
    let device =
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(terminal.device()).unwrap();
    tcflow(&device, Action::OOff).unwrap();
    terminal.write(&format!("d{}", "y".repeat(6000)));
    // The terminal has answered: it has passed the keys on.
    terminal.screen();
    terminal.screen();
    tcflow(&device, Action::OOn).unwrap();
    terminal.wait_for("y = remove");
    wait::holds(std::time::Duration::from_millis(300), "the secret stays", || vault.has("gh"));
    terminal.press(&["n"]);
    terminal.wait_for("nothing was changed");
    assert!(vault.has("gh"));
}

#[test]
fn a_paste_without_end_swallows_keys_only_until_control_c_or_for_a_while() {
    if Terminal::is_missing(
        "questions::a_paste_without_end_swallows_keys_only_until_control_c_or_for_a_while",
    ) {
        return;
    }
    let vault = Vault::new();
    let terminal = vault.tui();
    terminal.write("\u{1b}[200~half a paste q");
    terminal.press(&["C-c"]);
    terminal.wait_for("a paste was dropped");
    terminal.press(&["j"]);
    terminal.wait_without("a paste was dropped");
    terminal.write("\u{1b}[200~half a paste");
    terminal.wait_for("a paste was dropped");
    terminal.press(&["q"]);
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_paste_is_never_taken_for_keys_and_never_shown() {
    if Terminal::is_missing("questions::a_paste_is_never_taken_for_keys_and_never_shown") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    terminal.paste("qdy\nghp_pastedByMistake\n");
    terminal.wait_for("a paste was dropped");
    assert!(vault.has("gh") && terminal.ended().is_none());
    terminal.press(&["s"]);
    terminal.wait_for("Enter next");
    terminal.paste("ghp_pastedByMistake");
    let screen = terminal.wait_for("a name is typed, not pasted");
    assert!(!screen.contains("ghp_pasted"), "{screen}");
    terminal.press(&["Escape"]);
    terminal.wait_for("nothing was stored");
    wait::holds(std::time::Duration::from_millis(200), "the secret stays", || vault.has("gh"));
}
