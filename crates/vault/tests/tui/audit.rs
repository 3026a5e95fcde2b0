//! The audit stream, live.

use std::fs::{self, File};
use std::io::Write as _;

use remo_testkit::Terminal;

use crate::vault::{USUAL, Vault, begin_to_set, row_has, type_value};

#[test]
fn a_record_appears_when_a_project_asks() {
    if Terminal::is_missing("audit::a_record_appears_when_a_project_asks") {
        return;
    }
    let vault = Vault::new();
    vault.broker.push(&[("gh", "0123456789abcdef")]);
    vault.project("project-a", &["gh"]);
    let terminal = vault.tui();
    terminal.press(&["3"]);
    let before = terminal.wait_for("records, live");
    assert!(before.contains("manifest.approved") && !before.contains("gh ok"), "{before}");
    let mut client = vault.broker.client("project-a");
    client.get("gh").expect("it is served");
    terminal.wait_for("gh ok (");
    client.get("npm").expect_err("it is denied");
    let screen = terminal.wait_for("npm denied");
    let denied = screen.lines().find(|line| line.contains("npm denied")).expect("the line");
    assert!(denied[..2].contains('!'), "a refusal is marked without colour: {denied}");

    // A filter shows only what contains it.
    terminal.press(&["/"]);
    terminal.wait_for("filter: _");
    terminal.write("denied");
    terminal.press(&["Enter"]);
    terminal.wait_until("only the refusal", |screen| {
        screen.contains("1 records, live") && !screen.contains("gh ok")
    });
}

#[test]
fn the_stream_goes_on_over_a_rotation() {
    if Terminal::is_missing("audit::the_stream_goes_on_over_a_rotation") {
        return;
    }
    let vault = Vault::with_broker("[audit]\nrotate_bytes = 65536\nkeep_files = 2\n");
    vault.broker.push(&[("gh", "0123456789abcdef")]);
    vault.project("project-a", &["gh"]);
    let terminal = vault.tui();
    terminal.press(&["3"]);
    terminal.wait_for("records, live");
    let mut client = vault.broker.client("project-a");
    let rotated = vault.directory.log_dir().join("audit.log.1");
    let mut asked = 0;
    while !rotated.exists() {
        client.get("gh").expect("it is served");
        asked += 1;
        assert!(asked < 10_000, "the broker rotates its log");
    }
    client.get("behind_the_rotation").expect_err("it is denied");
    terminal.wait_for("behind_the_rotation denied");
}

#[test]
fn a_log_that_cannot_be_read_says_why_and_the_rest_works() {
    if Terminal::is_missing("audit::a_log_that_cannot_be_read_says_why_and_the_rest_works") {
        return;
    }
    let vault = Vault::new();
    let log = vault.directory.path().join("elsewhere.log");
    let terminal = vault.tui_with(USUAL, &["--audit-log", log.to_str().unwrap()], &[]);
    terminal.wait_for("broker: generation");
    terminal.press(&["3"]);
    let screen = terminal.wait_for("cannot read the audit log");
    assert!(screen.contains("--audit-log FILE"), "{screen}");
    begin_to_set(&terminal, "gh");
    type_value(&terminal, "0123456789abcdef");
    terminal.wait_for("stored gh");
    terminal.press(&["1"]);
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));

    // Once it is there, it is shown; what is no record is counted and not shown.
    let mut file = File::create(&log).unwrap();
    file.write_all(b"\x1b[2J\x1b]0;title\x07 garbage\n").unwrap();
    file.write_all(
        br#"{"timestamp":"2026-05-31T02:30:00.000Z","event":"x\u001b[31m","project":"\u202egnp"}"#,
    )
    .unwrap();
    file.write_all(b"\n").unwrap();
    terminal.press(&["3"]);
    let screen = terminal.wait_for("1 line was no record");
    let screen = if screen.contains("1 records") { screen } else { terminal.wait_for("1 records") };
    assert!(screen.contains(r"x\u{1b}[31m") && screen.contains(r"\u{202e}gnp"), "{screen}");
    assert!(!screen.contains("garbage") && !screen.contains("title"), "{screen}");
    fs::remove_file(&log).unwrap();
}
