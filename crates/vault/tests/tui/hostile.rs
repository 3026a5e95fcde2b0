//! Names and problems that somebody made to break the screen.

use remo_testkit::Terminal;

use crate::vault::{USUAL, Vault, row_has};

#[test]
fn hostile_text_stays_in_its_place() {
    if Terminal::is_missing("hostile::hostile_text_stays_in_its_place") {
        return;
    }
    let vault = Vault::new();
    let project = vault.project("project-a", &["gh"]);
    let long = format!("{}-end", "very-long-project-name".repeat(2));
    let long = vault.project(&long[..long.len().min(60)], &["gh"]);
    project.write_manifest(
        "schema_version = 1\nproject = \"project-a\"\n[secrets.gh]\n\"\\u001b[2J\\u202egnihton\\u0007 名前\" = 1\n",
    );
    let terminal = vault.tui();
    terminal.press(&["2"]);
    let screen =
        terminal.wait_until("the invalid manifest", |screen| row_has(screen, "project-a", &["invalid"]));
    assert_eq!(screen.lines().count(), usize::from(USUAL.1), "no line was added or lost");
    assert!(screen.lines().next().is_some_and(|line| line.contains("[2 Projects]")), "{screen}");
    assert!(screen.lines().last().is_some_and(|line| line.starts_with("? help")), "{screen}");
    assert!(!screen.contains(long.name()) && screen.contains('…'), "a long name is cut: {screen}");
    for line in screen.lines() {
        assert!(line.chars().count() <= usize::from(USUAL.0), "{line}");
        assert!(
            line.chars().all(|it| !it.is_control() && !('\u{202a}'..='\u{202e}').contains(&it)),
            "{line}"
        );
    }
    terminal.press(&["a"]);
    let screen = terminal.wait_for("Enter close");
    assert!(screen.contains("invalid"), "{screen}");
}
