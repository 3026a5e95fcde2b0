//! `check`: reports, and changes nothing.

use std::fs;

use crate::stage::{BINDINGS, Stage, everything_below};

#[test]
fn a_table_says_what_would_be_injected() {
    let stage = Stage::new(&format!("{BINDINGS}\n[secrets.sentry]\nrequired = false\n"));
    stage.broker.push(&[("gh", "tripwire"), ("aws", "tripwire")]);
    let ended = stage.run(&["check"]);
    ended.succeeded();
    for words in [
        "project project-a, generation ",
        "  aws     ok        file ~/.aws/credentials (0600)\n",
        "  gh      ok        variable GH_TOKEN\n",
        "  sentry  left out  variable SENTRY, optional\n",
    ] {
        assert!(ended.stdout.contains(words), "no `{words}` in {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("tripwire"), "{ended:?}");
    assert!(!stage.secrets.exists());
    assert!(everything_below(&stage.home).is_empty());
    assert!(!stage.home.join(".aws").exists());
}

#[test]
fn a_required_secret_that_is_missing_fails_and_json_says_the_same() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "tripwire")]);
    let ended = stage.run(&["check", "--json"]);
    assert_eq!(ended.code, Some(69));
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["secrets"][0]["name"], "aws");
    assert_eq!(report["secrets"][0]["present"], false);
    assert_eq!(report["secrets"][0]["problem"], "aws: not in the vault");
    assert_eq!(report["secrets"][1]["injected_as"], "variable GH_TOKEN");
    assert_eq!(report["secrets"][1]["approved"], true);
    assert!(!ended.stdout.contains("tripwire"), "{ended:?}");
}

#[test]
fn a_file_in_the_way_is_found() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    fs::create_dir(stage.home.join(".aws")).unwrap();
    fs::write(stage.credentials(), "mine").unwrap();
    let ended = stage.run(&["check"]);
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(ended.stdout.contains("is taken by a file that is not ours"), "{ended:?}");
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "mine");
}

#[test]
fn the_same_advice_is_given_once() {
    let stage = Stage::new(BINDINGS);
    let ended = stage.run(&["check"]);
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert_eq!(ended.stdout.matches("not in the vault").count(), 2, "{ended:?}");
    assert_eq!(ended.stdout.matches("hint: ").count(), 1, "{ended:?}");
    assert!(ended.stdout.contains("\nhint: in the vault: remo-vault set NAME"), "{ended:?}");
}

#[test]
fn an_unapproved_project_fails() {
    Stage::unapproved(BINDINGS).run(&["check"]).failed(69, &["denied"]);
}
