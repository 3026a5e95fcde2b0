//! A value that was typed is nowhere but in the store, encrypted, and in the broker.

use remo_testkit::{Needle, Scan, Terminal, file_scan, memory_scan};

use crate::vault::{Vault, begin_to_set, type_value};

const TYPED: &str = "tripwire-typed-0123456789";
const PASTED: &str = "tripwire-pasted\n0123456789\n";

#[test]
fn a_value_is_not_on_the_screen_nor_above_it_nor_in_files_nor_left_in_memory() {
    if Terminal::is_missing(
        "secrecy::a_value_is_not_on_the_screen_nor_above_it_nor_in_files_nor_left_in_memory",
    ) {
        return;
    }
    let mut vault = Vault::new();
    vault.watch();
    let terminal = vault.tui();
    begin_to_set(&terminal, "typed");
    terminal.wait_for("Enter done");
    let nothing = terminal.wait_for("nothing is entered yet");
    terminal.write(&TYPED[..1]);
    let one = terminal.wait_for("something is entered");
    terminal.write(&TYPED[1..]);
    terminal.write("x");
    terminal.press(&["BSpace"]);
    let all = terminal.screen();
    assert_eq!(dialog_of(&one), dialog_of(&all), "nothing tells how long it is");
    assert_ne!(dialog_of(&nothing), dialog_of(&one));
    terminal.press(&["C-u"]);
    terminal.wait_for("nothing is entered yet");
    type_value(&terminal, TYPED);
    terminal.wait_for("stored typed");

    begin_to_set(&terminal, "pasted");
    terminal.wait_for("Enter done");
    terminal.paste(PASTED);
    terminal.wait_for("something is entered");
    terminal.press(&["Enter"]);
    terminal.wait_for("stored pasted");
    assert_eq!(vault.reveal("typed"), TYPED);
    assert_eq!(vault.reveal("pasted"), PASTED);
    terminal.press(&["4"]);
    terminal.wait_for("Store    2 secrets");

    let needles = [Needle::new("typed", TYPED.as_bytes()), Needle::new("pasted", PASTED.as_bytes())];
    let above = terminal.scrollback();
    assert!(!above.contains("tripwire"), "{above}");
    assert!(matches!(file_scan(&[vault.directory.path()], &needles), Scan::Clean { bytes: 1.. }));
    match memory_scan(terminal.process(), &needles) {
        Scan::Clean { bytes } => assert!(bytes > 0),
        Scan::Skipped(reason) => remo_testkit::skip::skipped("secrecy: the memory of the view", &reason),
        Scan::Found(found) => {
            panic!("left in memory: {found:?}")
        }
    }
    terminal.press(&["q"]);
    terminal.wait_for_end();
    assert!(!terminal.scrollback().contains("tripwire"));
}

/// The rows between the lines of a dialog's frame.
fn dialog_of(screen: &str) -> Vec<&str> {
    screen.lines().filter_map(|line| line.split('│').nth(1)).collect()
}
