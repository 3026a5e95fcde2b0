//! The way of a secret from the prompt to the command that may have it, over both kinds of store.

use remo_testkit::{Needle, fnox, wait};

use crate::place::{PROJECT, Place, succeeded};
use crate::trace::strace;

const SCALAR: &str = "tripwire-scalar-7c1e55";
const FIELD: &str = "tripwire-field-93b0d2";
const IMPORTED: &str = "tripwire-imported-48aa07";
const CHANGED: &str = "tripwire-changed-e5f611";
const LOGGED_IN: &str = "tripwire-logged-in-5f02e8";
const BY_FNOX: &str = "tripwire-by-fnox-1d20c9";

const VALUES: [(&str, &str); 6] = [
    ("a token of a login", LOGGED_IN),
    ("a scalar", SCALAR),
    ("a field", FIELD),
    ("an imported value", IMPORTED),
    ("a changed value", CHANGED),
    ("a value set with fnox", BY_FNOX),
];

#[test]
fn no_value_passes_through_an_argument_an_environment_or_a_file_with_the_embedded_store() {
    let name = "no_value_passes_through_an_argument_an_environment_or_a_file_with_the_embedded_store";
    if let Some(strace) = strace(name) {
        walk(Place::new(strace, None, &VALUES));
    }
}

#[test]
fn no_value_passes_through_an_argument_an_environment_or_a_file_with_fnox() {
    let name = "no_value_passes_through_an_argument_an_environment_or_a_file_with_fnox";
    let (Some(strace), Some(fnox)) = (strace(name), fnox::program(name)) else { return };
    walk(Place::new(strace, Some(fnox), &VALUES));
}

fn walk(mut place: Place) {
    let with_fnox = place.store().extension().is_some_and(|extension| extension == "toml");
    place.makes_key();
    place.run(&place.remo_vault(&["set", "gh"]), SCALAR);
    place.run(&place.remo_vault(&["set", "aws"]), &format!("{{\"id\":\"{FIELD}\",\"more\":\"x\"}}"));
    place.run(&place.remo_vault(&["import", "-"]), &format!("NPM_TOKEN={IMPORTED}\n"));
    let listed = place.run(&place.remo_vault(&["list"]), "");
    assert!(["gh", "aws", "NPM_TOKEN"].iter().all(|name| listed.contains(name)), "{listed}");
    assert_eq!(place.run(&place.remo_vault(&["get", "gh", "--reveal"]), ""), SCALAR);
    place.run(&place.remo_vault(&["push"]), "");
    assert_eq!(place.broker.status().secret_count, 3);
    place.rotates_key();
    place.run(&place.called("remo-login", &["token", "--name", "service"]), &format!("{LOGGED_IN}\n"));
    watches(&mut place, with_fnox);
    place.approve(&["gh", "NPM_TOKEN"]);
    asks(&mut place);
    arrives(&mut place);
    place.broker_keeps_quiet();
    place.holds_no_plaintext();
    if with_fnox {
        assert!(place.started.iter().any(|program| program == "fnox"), "{:?}", place.started);
    }
}

/// The watcher sees a change and pushes it.
fn watches(place: &mut Place, with_fnox: bool) {
    let before = place.broker.status().generation;
    let watcher = place.start(&place.remo_vault(&["watch"]), "watcher");
    let pushed_after = |place: &Place, generation| {
        wait::until_true(wait::PATIENCE, "a push", || place.broker.status().generation > generation);
    };
    pushed_after(place, before);
    place.run(&place.remo_vault(&["set", "gh"]), CHANGED);
    pushed_after(place, before + 1);
    if with_fnox {
        place.run(&place.fnox(&["set", "deploy"]), BY_FNOX);
        wait::until_true(wait::PATIENCE, "the push of five", || place.broker.status().secret_count == 5);
    }
    watcher.terminate();
    let (_, trace) = watcher.finish("");
    place.keeps_quiet(&trace, &[]);
}

/// What a person asks in the vault.
fn asks(place: &mut Place) {
    place.run(&place.called("remo-list-creds", &[]), "");
    place.run(&place.called("remo-reload", &[PROJECT, "--yes"]), "");
    place.run(&place.called("remo-test-project", &[PROJECT]), "");
    // The watcher has ended by now, and a project may have changed.
    place.run_to(1, &place.called("remo-vend-status", &[]), "");
    place.run(&place.remo_vault(&["key", "status"]), "");
}

/// The command of the project is the one process that is started with a value.
fn arrives(place: &mut Place) {
    let script = "printf %s \"$GH\"; exec env true";
    let traced = place.start(&place.remo_fetch_secrets(&["exec", "--", "/bin/sh", "-c", script]), "exec");
    let (output, trace) = traced.finish("");
    succeeded(&output);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), CHANGED);
    // The command, and what it starts itself.
    place.keeps_quiet(&trace, &["/bin/sh", "/usr/bin/env", "/usr/bin/true", "/bin/true"]);
    assert!(trace.hands(&Needle::new("it", CHANGED.as_bytes()), "/bin/sh"), "the trace shows environments");
    let leaks = place.leaks(&trace, &[]);
    assert!(!leaks.is_empty(), "the command has the values");
}
