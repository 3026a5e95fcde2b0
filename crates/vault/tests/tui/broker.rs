//! The broker goes away, hangs, and comes back.

use std::time::{Duration, Instant};

use remo_testkit::Terminal;
use rustix::process::Signal;

use crate::vault::{Vault, begin_to_set, row_has, type_value};

#[test]
fn a_broker_that_is_gone_is_shown_as_gone_and_comes_back() {
    if Terminal::is_missing("broker::a_broker_that_is_gone_is_shown_as_gone_and_comes_back") {
        return;
    }
    let mut vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    vault.watch();
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["yes"]));
    vault.broker.kill();
    terminal.wait_for("broker: OUT OF REACH");
    terminal.wait_until("that nothing is known", |screen| row_has(screen, "gh", &["unknown"]));
    // A push says why it is not done, until that is dismissed; the store can still be changed.
    terminal.press(&["p"]);
    let screen = terminal.wait_for("Enter close");
    assert!(screen.contains("Not done") && screen.contains("hint: "), "{screen}");
    terminal.press(&["Enter"]);
    terminal.wait_without("Not done");
    begin_to_set(&terminal, "npm");
    type_value(&terminal, "npm_0123456789abcdef");
    terminal.wait_for("stored npm");
    vault.broker.restart();
    terminal.wait_until("both in the broker", |screen| {
        row_has(screen, "gh", &["yes"]) && row_has(screen, "npm", &["yes"])
    });
}

#[test]
fn a_broker_that_hangs_does_not_hold_up_keys() {
    if Terminal::is_missing("broker::a_broker_that_hangs_does_not_hold_up_keys") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    vault.broker.signal(Signal::STOP);
    terminal.wait_for("no answer for");
    terminal.press(&["?"]);
    terminal.wait_for("remove the secret under the cursor");
    terminal.press(&["Escape"]);
    terminal.wait_without("remove the secret under the cursor");
    terminal.wait_for("broker: OUT OF REACH");
    vault.broker.signal(Signal::CONT);
    terminal.wait_for("broker: generation");
}

#[test]
fn a_look_at_a_hanging_broker_does_not_hold_up_leaving() {
    if Terminal::is_missing("broker::a_look_at_a_hanging_broker_does_not_hold_up_leaving") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let project = vault.project("project-a", &["gh"]);
    project.write_secrets(&["gh", "npm"]);
    let left_within = || {
        let terminal = vault.tui();
        terminal.press(&["2"]);
        terminal.wait_until("the project", |screen| row_has(screen, "project-a", &["changed"]));
        vault.broker.signal(Signal::STOP);
        let begun = Instant::now();
        terminal.press(&["a"]);
        terminal.wait_for("reading the manifest");
        terminal.press(&["C-c"]);
        assert_eq!(terminal.wait_for_end(), 0);
        let passed = begun.elapsed();
        vault.broker.signal(Signal::CONT);
        passed
    };
    // A view that waits for the answer never takes less than this; a busy machine may take more.
    assert!((0..3).any(|_| left_within() < Duration::from_secs(5)), "it waits for the broker");
}
