//! Setting, removing and pushing by keys.

use remo_testkit::{Terminal, wait};

use crate::vault::{Vault, begin_to_set, row_has, type_value};

const VALUE: &str = "ghp_typedInTheTerminal0001";

#[test]
fn what_is_stored_is_seen_and_a_secret_set_by_keys_is_served() {
    if Terminal::is_missing("changing::what_is_stored_is_seen_and_a_secret_set_by_keys_is_served") {
        return;
    }
    let mut vault = Vault::new();
    vault.set("npm", "npm_0123456789abcdef");
    vault.project("project-a", &["gh", "npm"]);
    vault.watch();
    let terminal = vault.tui();
    terminal
        .wait_until("npm, and that the broker has it", |screen| row_has(screen, "npm", &["yes", "scalar"]));

    begin_to_set(&terminal, "gh");
    type_value(&terminal, VALUE);
    terminal.wait_for("stored gh");
    terminal.wait_until("gh, and that the broker has it", |screen| row_has(screen, "gh", &["yes", "scalar"]));
    let served = vault.broker.client("project-a").get("gh").expect("it is served");
    assert_eq!(served.value.expose(), VALUE.as_bytes());

    terminal.press(&["q"]);
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_paste_of_several_lines_is_stored_as_it_is_and_asked_for_once() {
    if Terminal::is_missing("changing::a_paste_of_several_lines_is_stored_as_it_is_and_asked_for_once") {
        return;
    }
    let vault = Vault::new();
    let terminal = vault.tui();
    let key = "-----BEGIN KEY-----\nq y d\tabc\n\n-----END KEY-----\n";
    begin_to_set(&terminal, "deploy");
    terminal.wait_for("nothing is entered yet");
    terminal.wait_for("Enter done");
    terminal.paste(key);
    terminal.wait_for("something is entered");
    terminal.press(&["Enter"]);
    terminal.wait_for("stored deploy");
    assert_eq!(vault.reveal("deploy"), key);

    // One line without its end, and a bundle by its form.
    begin_to_set(&terminal, "aws");
    terminal.wait_for("Enter done");
    terminal.paste("{\"user\":\"me\",\"password\":\"0123456789\"}\n");
    terminal.wait_for("something is entered");
    terminal.press(&["Enter"]);
    terminal.wait_for("stored aws");
    terminal.wait_until("the bundle", |screen| row_has(screen, "aws", &["bundle", "password,", "user"]));
}

#[test]
fn entries_that_differ_store_nothing_and_an_existing_value_is_replaced_only_after_a_yes() {
    if Terminal::is_missing(
        "changing::entries_that_differ_store_nothing_and_an_existing_value_is_replaced_only_after_a_yes",
    ) {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", "the_first_value");
    let terminal = vault.tui();
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no"]));
    begin_to_set(&terminal, "gh");
    terminal.wait_for("n = leave [no]");
    terminal.press(&["Enter"]);
    terminal.wait_for("nothing was changed");
    assert_eq!(vault.reveal("gh"), "the_first_value");

    begin_to_set(&terminal, "gh");
    terminal.wait_for("y = replace");
    terminal.press(&["y"]);
    terminal.wait_for("Enter done");
    terminal.write("one_thing");
    terminal.press(&["Enter"]);
    terminal.wait_for("The same once more");
    terminal.write("another_thing");
    terminal.press(&["Enter"]);
    terminal.wait_for("the two entries differ");
    assert_eq!(vault.reveal("gh"), "the_first_value");

    type_value(&terminal, "the_second_value");
    terminal.wait_for("replaced gh");
    assert_eq!(vault.reveal("gh"), "the_second_value");
}

#[test]
fn a_secret_is_removed_after_a_yes_and_projects_get_it_no_more() {
    if Terminal::is_missing("changing::a_secret_is_removed_after_a_yes_and_projects_get_it_no_more") {
        return;
    }
    let mut vault = Vault::new();
    vault.set("gh", VALUE);
    vault.set("npm", "npm_0123456789abcdef");
    vault.project("project-a", &["gh", "npm"]);
    vault.watch();
    let terminal = vault.tui();
    terminal.wait_until("both rows", |screen| {
        row_has(screen, "gh", &["yes"]) && row_has(screen, "npm", &["yes"])
    });
    terminal.press(&["j"]);
    terminal.wait_until("the cursor on npm", |screen| {
        screen.lines().any(|line| line.starts_with(">  npm") || line.starts_with("> npm"))
    });
    terminal.press(&["d"]);
    let question = terminal.wait_for("y = remove");
    assert!(
        question.contains("Remove npm?") && question.contains("revoked where it was issued"),
        "{question}"
    );
    terminal.press(&["y"]);
    terminal.wait_for("removed npm");
    assert!(!vault.has("npm") && vault.has("gh"));
    terminal.wait_until("one row", |screen| !row_has(screen, "npm", &[]) && row_has(screen, "gh", &["yes"]));
    wait::until_true(wait::PATIENCE, "the broker's forgetting", || vault.broker.list().secrets.len() == 1);
    vault.broker.client("project-a").get("npm").expect_err("it is not served");
}

#[test]
fn a_push_by_key_reaches_the_broker_and_undoes_a_clear_only_after_a_yes() {
    if Terminal::is_missing("changing::a_push_by_key_reaches_the_broker_and_undoes_a_clear_only_after_a_yes")
    {
        return;
    }
    let vault = Vault::new();
    vault.set("gh", VALUE);
    let terminal = vault.tui();
    terminal.wait_until("a secret that the broker lacks", |screen| row_has(screen, "gh", &["no"]));
    terminal.press(&["p"]);
    terminal.wait_for("pushed 1 secret");
    terminal.wait_until("that it has it now", |screen| row_has(screen, "gh", &["yes"]));

    vault.broker.clear();
    terminal.wait_for("broker: cleared");
    terminal.press(&["p"]);
    terminal.wait_for("y = push");
    terminal.press(&["n"]);
    terminal.wait_for("nothing was changed");
    assert_eq!(vault.broker.list().secrets.len(), 0);
    terminal.press(&["p"]);
    terminal.wait_for("y = push");
    terminal.press(&["y"]);
    terminal.wait_until("that it has it again", |screen| row_has(screen, "gh", &["yes"]));
    assert_eq!(vault.broker.list().secrets.len(), 1);
    terminal.wait_for("broker: generation");
    // A clear that no picture shows yet.
    vault.broker.clear();
    terminal.press(&["p"]);
    terminal.wait_for("y = push");
    assert_eq!(vault.broker.list().secrets.len(), 0);
    // A yes to one clear is none to the next.
    vault.broker.push(&[("gh", VALUE)]);
    vault.broker.clear();
    terminal.press(&["y"]);
    let cleared = || vault.broker.list().secrets.is_empty();
    wait::holds(std::time::Duration::from_millis(500), "it stays cleared", cleared);
    terminal.wait_for("y = push");
}

#[test]
fn a_name_that_is_none_is_refused_as_it_was_typed() {
    if Terminal::is_missing("changing::a_name_that_is_none_is_refused_as_it_was_typed") {
        return;
    }
    let vault = Vault::new();
    let terminal = vault.tui();
    begin_to_set(&terminal, "github-token");
    terminal.wait_for("github_token");
    let screen = terminal.screen();
    assert!(screen.contains("name: github-token_") && screen.contains("1 to 128 characters"), "{screen}");
    assert!(!screen.contains("Value of"), "{screen}");
}

#[test]
fn a_store_of_fnox_is_changed_by_the_same_keys() {
    let name = "changing::a_store_of_fnox_is_changed_by_the_same_keys";
    if Terminal::is_missing(name) {
        return;
    }
    let Some(fnox) = remo_testkit::fnox::program(name) else { return };
    let vault = Vault::of_fnox(fnox);
    let terminal = vault.tui();
    begin_to_set(&terminal, "gh");
    type_value(&terminal, VALUE);
    terminal.wait_for("stored gh");
    assert_eq!(vault.reveal("gh"), VALUE);
    terminal.wait_until("the row", |screen| row_has(screen, "gh", &["no", "scalar"]));
    terminal.press(&["d"]);
    terminal.wait_for("y = remove");
    terminal.press(&["y"]);
    terminal.wait_for("removed gh");
    assert!(!vault.has("gh"));
}
