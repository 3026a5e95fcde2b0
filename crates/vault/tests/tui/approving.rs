//! Looking at the difference of a manifest, and approving exactly that.

use remo_testkit::Terminal;
use remo_wire::admin::ManifestState;

use crate::vault::{Vault, row_has};

#[test]
fn a_widened_manifest_is_shown_with_its_difference_and_approved() {
    if Terminal::is_missing("approving::a_widened_manifest_is_shown_with_its_difference_and_approved") {
        return;
    }
    let vault = Vault::new();
    let project = vault.project("project-a", &["gh"]);
    let terminal = vault.tui();
    terminal.press(&["2"]);
    terminal.wait_until("the pinned project", |screen| row_has(screen, "project-a", &["pinned"]));
    project.write_secrets(&["gh", "npm"]);
    terminal.wait_until("the change", |screen| row_has(screen, "project-a", &["changed", "+1", "-0"]));

    terminal.press(&["a"]);
    let question = terminal.wait_for("y = approve");
    assert!(question.contains("Approve project-a?"), "{question}");
    assert!(question.lines().any(|line| line.contains("│+ ") && line.contains("npm")), "{question}");
    terminal.press(&["y"]);
    terminal.wait_for("approved project-a");
    terminal.wait_until("the new pin", |screen| row_has(screen, "project-a", &["pinned"]));
    let manifest = vault.broker.manifest(&project).expect("an answer");
    assert_eq!(manifest.state, ManifestState::Pinned);
    assert_eq!(manifest.pinned.expect("a pin").bindings.len(), 2);

    terminal.press(&["a"]);
    terminal.wait_for("nothing to do");
}

#[test]
fn a_manifest_that_changes_behind_the_question_is_not_approved() {
    if Terminal::is_missing("approving::a_manifest_that_changes_behind_the_question_is_not_approved") {
        return;
    }
    let vault = Vault::new();
    let project = vault.project("project-a", &["gh"]);
    project.write_secrets(&["gh", "npm"]);
    let terminal = vault.tui();
    terminal.press(&["2"]);
    terminal.wait_until("the change", |screen| row_has(screen, "project-a", &["changed"]));
    terminal.press(&["a"]);
    terminal.wait_for("y = approve");
    project.write_secrets(&["gh", "npm", "everything"]);
    terminal.press(&["y"]);
    let answer = terminal.wait_for("Enter close");
    assert!(
        answer.contains("has changed since it was shown") && answer.contains("hint: press a again"),
        "{answer}"
    );
    let pinned = vault.broker.manifest(&project).expect("an answer").pinned.expect("a pin");
    assert_eq!(pinned.bindings.len(), 1, "nothing was approved");
}

#[test]
fn a_long_difference_is_approved_only_after_its_end_was_on_the_screen() {
    if Terminal::is_missing("approving::a_long_difference_is_approved_only_after_its_end_was_on_the_screen") {
        return;
    }
    let vault = Vault::new();
    let project = vault.project("project-a", &["gh"]);
    let names: Vec<_> = (0..60).map(|number| format!("secret_{number:02}")).collect();
    let names: Vec<_> = ["gh"].into_iter().chain(names.iter().map(String::as_str)).collect();
    project.write_secrets(&names);
    let terminal = vault.tui();
    terminal.press(&["2"]);
    terminal.wait_until("the change", |screen| row_has(screen, "project-a", &["changed", "+60"]));
    terminal.press(&["a"]);
    let question = terminal.wait_for("lines below");
    assert!(!question.contains("secret_59"), "{question}");
    // A yes to what was not read does nothing; the key behind it is seen, so the yes was as well.
    terminal.press(&["y", "j"]);
    terminal.wait_until("the scrolled question", |screen| {
        screen.contains("lines below") && !screen.contains("The manifest of project-a differs")
    });
    assert_eq!(vault.broker.manifest(&project).expect("an answer").state, ManifestState::Changed);
    terminal.press(&["G"]);
    let question = terminal.wait_for("y = approve");
    assert!(question.contains("secret_59"), "{question}");
    terminal.press(&["y"]);
    terminal.wait_for("approved project-a");
    assert_eq!(vault.broker.manifest(&project).expect("an answer").state, ManifestState::Pinned);
}
