//! The broker goes away, hangs, and comes back.

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
