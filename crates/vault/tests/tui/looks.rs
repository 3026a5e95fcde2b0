//! Sizes, colours, and keys to move around.

use remo_testkit::Terminal;

use crate::vault::{USUAL, Vault, row_has};

#[test]
fn a_tiny_terminal_and_every_change_of_size_are_survived() {
    if Terminal::is_missing("looks::a_tiny_terminal_and_every_change_of_size_are_survived") {
        return;
    }
    let vault = Vault::new();
    for number in 0..30 {
        vault.broker.push(&[(&format!("only_{number}"), "0123456789")]);
    }
    vault.set("gh", "0123456789abcdef");
    let project = vault.project("project-a", &["gh"]);
    project.write_secrets(&["gh", "npm"]);
    let terminal = vault.tui_with((40, 10), &[], &[]);
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    let screen = terminal.screen();
    assert!(
        screen.contains("[1 Secrets]") && screen.contains("? help") && screen.contains("q quit"),
        "{screen}"
    );
    for size in [(12, 3), (1, 1), (40, 10), (3, 40), (200, 60), (40, 10)] {
        terminal.resize(size);
        for key in ["2", "3", "4", "?", "Escape", "s", "Escape", "1"] {
            terminal.press(&[key]);
        }
    }
    terminal.press(&["d"]);
    terminal.wait_for("[no]");
    terminal.press(&["Escape"]);
    terminal.wait_without("[no]");
    terminal.press(&["2"]);
    terminal.wait_until("the project", |screen| row_has(screen, "project-a", &["changed"]));
    terminal.press(&["a"]);
    terminal.wait_until("the question", |screen| {
        screen.contains("lines below") || screen.contains("y = approve")
    });
    terminal.press(&["G"]);
    terminal.wait_for("y = approve");
    terminal.resize(USUAL);
    terminal.wait_for("Approve project-a?");
    terminal.press(&["n"]);
    terminal.wait_for("nothing was changed");
    assert_eq!(terminal.ended(), None);
}

#[test]
fn without_colour_everything_can_be_told() {
    if Terminal::is_missing("looks::without_colour_everything_can_be_told") {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "0123456789abcdef");
    let plain = vault.tui_with(USUAL, &[], &[("NO_COLOR", "1")]);
    plain.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    assert!(plain.screen().contains("! gh") || plain.screen().contains("!gh"), "{}", plain.screen());
    assert!(!has_colour(&plain.coloured()), "{:?}", plain.coloured());
    let coloured = vault.tui();
    coloured.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    assert!(has_colour(&coloured.coloured()), "{:?}", coloured.coloured());
}

/// Whether an attribute 30 to 38 or 90 to 97 is set somewhere: a colour of letters.
fn has_colour(screen: &str) -> bool {
    screen.split('\u{1b}').filter_map(|piece| piece.strip_prefix('[')?.split_once('m')).any(
        |(attributes, _)| {
            attributes
                .split(';')
                .any(|it| it.parse().is_ok_and(|it: u8| (30..39).contains(&it) || (90..98).contains(&it)))
        },
    )
}

#[test]
fn a_long_list_is_filtered_and_walked_through() {
    if Terminal::is_missing("looks::a_long_list_is_filtered_and_walked_through") {
        return;
    }
    let vault = Vault::new();
    let file = (0..80).fold(String::new(), |file, number| {
        file + &format!("SECRET_{number:02}=value_{number}_0123456789\n")
    });
    vault.run(&["import", "-"], file.as_bytes());
    let terminal = vault.tui();
    terminal.wait_until("the first rows", |screen| row_has(screen, "SECRET_00", &["no"]));
    terminal.press(&["G"]);
    terminal.wait_until("the last row", |screen| row_has(screen, "SECRET_79", &["no"]));
    terminal.press(&["PPage", "PPage", "k"]);
    terminal.wait_until("rows before it", |screen| {
        row_has(screen, "SECRET_45", &[]) && !row_has(screen, "SECRET_79", &[])
    });
    terminal.press(&["/"]);
    terminal.wait_for("filter: _");
    terminal.write("_33");
    terminal.press(&["Enter"]);
    terminal.wait_until("one row", |screen| {
        row_has(screen, "SECRET_33", &[]) && !row_has(screen, "SECRET_45", &[])
    });
    terminal.press(&["Escape"]);
    terminal.wait_until("all rows", |screen| row_has(screen, "SECRET_00", &[]));
}
