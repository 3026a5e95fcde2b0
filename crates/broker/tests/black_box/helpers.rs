//! Secrets of credential helpers: vended at the moment of use, and at no other.

use std::fs;

use remo_testkit::{Project, audit};
use serde_json::{Value, json};

use crate::support::{Instance, ask, get_value, refused};

const BINDINGS: &str = r#"
[secrets.gh]
fetch_as = "helper"
helper   = "git"
url      = "https://github.com"
username = "x-access-token"

[secrets.npm]
"#;

fn manifest(bindings: &str) -> String {
    format!("schema_version = 1\nproject = \"project-a\"\n{bindings}")
}

fn project(instance: &Instance, bindings: &str) -> Project {
    let project = Project::without_manifest(&instance.directory, "project-a");
    project.write_manifest(&manifest(bindings));
    instance.broker.approve(&project);
    project
}

fn fetch(instance: &Instance) -> Value {
    ask(&instance.broker, "project-a", r#"{"op":"fetch"}"#)
}

/// Name and outcome of what was asked for, in its order.
fn on_record(instance: &Instance) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    audit::events(instance.broker.audit_log(), "fetch")
        .iter()
        .map(|line| (text(&line["secret_name"]), text(&line["outcome"])))
        .collect()
}

#[test]
fn a_fetch_does_not_carry_them_and_each_use_is_on_record() {
    let instance = Instance::start();
    project(&instance, BINDINGS);
    let missing = fetch(&instance);
    assert_eq!((&missing["secrets"], &missing["missing"]), (&json!({}), &json!(["gh", "npm"])));
    instance.broker.push(&[("gh", "ghp-of-the-helper"), ("npm", "of-npm")]);
    let fetched = fetch(&instance);
    assert_eq!(fetched["secrets"], json!({"npm": {"value": "of-npm", "kind": "scalar"}}));
    assert_eq!(fetched["missing"], json!([]));
    assert_eq!(fetched["bindings"]["gh"]["url"], "https://github.com");
    assert!(!fetched.to_string().contains("ghp-of-the-helper"));
    let mut connection = instance.broker.raw("project-a");
    for _ in 0..2 {
        assert_eq!(get_value(&mut connection, "gh"), "ghp-of-the-helper");
    }
    let expected = [("gh", "not_found"), ("npm", "not_found"), ("npm", "ok"), ("gh", "ok"), ("gh", "ok")];
    let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome.to_owned()));
    assert_eq!(on_record(&instance), expected);
}

#[test]
fn a_pin_with_them_comes_back_over_a_restart_and_is_taken_away_by_an_approval() {
    let mut instance = Instance::start();
    let project = project(&instance, BINDINGS);
    let before = ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["bindings"].clone();
    assert_eq!(
        before["gh"],
        json!({"fetch_as": "helper", "helper": "git", "url": "https://github.com",
               "username": "x-access-token", "required": true})
    );
    // Another host in the file changes nothing, over a restart either.
    project.write_manifest(&manifest(&BINDINGS.replace("github.com", "evil.example")));
    instance.broker.kill();
    instance.broker.restart();
    instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["bindings"], before);
    let shown = instance.broker.manifest(&project).unwrap();
    let difference = shown.added.join("\n");
    assert!(
        difference
            .contains("gh: is now git credentials for https://evil.example (user x-access-token), required")
            && difference
                .contains("(was git credentials for https://github.com (user x-access-token), required)"),
        "{difference}"
    );
    project.write_manifest(&manifest("[secrets.npm]\n"));
    instance.broker.reload(&project, None).unwrap();
    refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "denied");
    assert_eq!(on_record(&instance).last(), Some(&("gh".to_owned(), "denied".to_owned())));
}

/// A pin keeps the approved file itself, so what an earlier release approved has to be valid for ever.
#[test]
fn a_pin_of_an_earlier_release_is_read() {
    let mut instance = Instance::start();
    let project = project(&instance, "[secrets.other]\n");
    instance.broker.kill();
    let approved = manifest(
        "[secrets.gh]\nenv_var = \"GH_TOKEN\"\n\
         [secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/.aws/config\"\n\
         [secrets.deploy]\nfields = { DEPLOY_USER = \"user\" }\n",
    );
    let sha256 = "213fc5af376e7579302fdb7805d11ec14256a55f38d099ede1f779aee3c63ca6";
    // As it was written before there were credential helpers.
    let saved = json!({
        "format": 1,
        "name": "project-a",
        "project_path": project.path(),
        "allowed_uids": [0],
        "registered": true,
        "pin": {"manifest": approved, "sha256": sha256, "approved_at": "2026-01-01T00:00:00Z"},
    });
    let file = instance.directory.state_dir().join("projects/project-a.json");
    assert!(file.exists());
    fs::write(&file, saved.to_string()).unwrap();
    instance.broker.restart();
    assert_eq!(
        ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["bindings"],
        json!({
            "aws": {"fetch_as": "file", "file_path": "~/.aws/config", "file_mode": "0600", "required": true},
            "deploy": {"fetch_as": "env", "fields": {"DEPLOY_USER": "user"}, "required": true},
            "gh": {"fetch_as": "env", "env_var": "GH_TOKEN", "required": true},
        })
    );
}
