//! Metrics tell what the audit log tells, and no name that was not allowed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, audit, wait};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Instance, ask, binary};

fn configuration(path: &Path, names: bool) -> String {
    format!("[metrics]\npath = \"{}\"\ninterval_seconds = 1\nproject_names = {names}\n", path.display())
}

/// A broker that writes metrics, and where.
fn measured(names: bool) -> (Instance, PathBuf) {
    let directory = PrivateDirectory::new();
    let path = directory.path().join("broker.prom");
    let options = BrokerOptions {
        binary: Some(binary()),
        config: configuration(&path, names),
        ..BrokerOptions::default()
    };
    let broker = Broker::start(&directory, &options);
    (Instance { broker, directory }, path)
}

/// Samples by name and labels.
fn samples(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample has a name and a value");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Waits until `name` has this value.
fn reaches(path: &Path, name: &str, value: &str) -> BTreeMap<String, String> {
    let mut last = BTreeMap::new();
    wait::until_true(wait::PATIENCE, name, || {
        last = samples(path);
        last.get(name).is_some_and(|found| found == value)
    });
    last
}

fn outcomes(instance: &Instance) -> BTreeMap<String, u32> {
    let mut counted = BTreeMap::new();
    for line in audit::events(&instance.directory.audit_log(), "fetch") {
        *counted.entry(line["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counted
}

#[test]
fn metrics_count_what_is_on_record() {
    let (instance, path) = measured(false);
    instance.project("project-a", &["gh", "npm"]);
    instance.unapproved("project-b", &["gh"]);
    let generation = instance.broker.push(&[("gh", "tripwire-value")]).generation;
    let _held = instance.broker.raw("project-a");
    for request in [
        r#"{"op":"get","name":"gh"}"#,
        r#"{"op":"fetch"}"#,
        r#"{"op":"get","name":"npm"}"#,
        r#"{"op":"get","name":"aws"}"#,
    ] {
        ask(&instance.broker, "project-a", request);
    }
    ask(&instance.broker, "project-b", r#"{"op":"fetch"}"#);
    let recorded = outcomes(&instance);
    assert_eq!(recorded.values().sum::<u32>(), 6);
    let counted = reaches(&path, "remo_broker_fetches_total{outcome=\"denied\"}", "2");
    for (outcome, lines) in recorded {
        assert_eq!(
            counted[&format!("remo_broker_fetches_total{{outcome=\"{outcome}\"}}")],
            lines.to_string(),
            "{outcome}"
        );
    }
    assert_eq!(counted["remo_broker_decision_seconds_count"], "6");
    assert_eq!(counted["remo_broker_decision_seconds_bucket{le=\"+Inf\"}"], "6");
    assert_eq!(counted["remo_broker_pushes_total"], "1");
    assert_eq!(counted["remo_broker_approvals_total"], "1");
    assert_eq!(counted["remo_broker_snapshot_secrets"], "1");
    assert_eq!(counted["remo_broker_projects{manifest=\"approved\"}"], "1");
    assert_eq!(counted["remo_broker_projects{manifest=\"unapproved\"}"], "1");
    assert_eq!(counted["remo_broker_connections{plane=\"project\"}"], "1", "the one that is held");
    assert_eq!(counted["remo_broker_audit_works"], "1");
    assert_eq!(counted["remo_broker_generation"], generation.to_string());
    let text = fs::read_to_string(&path).unwrap();
    for word in ["project-a", "project-b", "\"gh\"", "npm", "tripwire-value"] {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "readable for who collects");
}

#[test]
fn names_of_projects_come_and_go_with_the_configuration() {
    let (instance, path) = measured(true);
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    for project in ["project-a", "project-a", "project-b"] {
        ask(&instance.broker, project, r#"{"op":"get","name":"gh"}"#);
    }
    let of =
        |project: &str| format!("remo_broker_project_fetches_total{{project=\"{project}\",outcome=\"ok\"}}");
    let counted = reaches(&path, &of("project-a"), "2");
    assert_eq!(counted[&of("project-b")], "1");
    assert!(!fs::read_to_string(&path).unwrap().contains("gh"), "names of secrets never");

    fs::write(instance.directory.config_file(), configuration(&path, false)).unwrap();
    instance.broker.signal(Signal::HUP);
    wait::until_true(wait::PATIENCE, "no name any more", || {
        fs::read_to_string(&path).is_ok_and(|text| !text.is_empty() && !text.contains("project-a"))
    });
    assert_eq!(samples(&path)["remo_broker_fetches_total{outcome=\"ok\"}"], "3", "counters only rise");
}

#[test]
fn a_place_that_cannot_be_written_takes_nothing_from_anybody() {
    let directory = PrivateDirectory::new();
    let path = directory.path().join("missing/broker.prom");
    let options = BrokerOptions {
        binary: Some(binary()),
        config: configuration(&path, false),
        ..BrokerOptions::default()
    };
    let broker = Broker::start(&directory, &options);
    let instance = Instance { broker, directory };
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    wait::until_true(wait::PATIENCE, "a warning", || {
        instance.broker.stderr().contains("cannot write the metrics")
    });
    let answer: Value = ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#);
    assert_eq!(answer["ok"], true);
    fs::create_dir(path.parent().unwrap()).unwrap();
    reaches(&path, "remo_broker_fetches_total{outcome=\"ok\"}", "1");
    assert_eq!(instance.broker.stderr().matches("cannot write the metrics").count(), 1, "said once");
}

#[test]
fn a_link_at_the_place_of_the_metrics_is_not_written_through() {
    let (instance, path) = measured(false);
    reaches(&path, "remo_broker_audit_works", "1");
    let victim = instance.directory.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    for name in ["broker.prom", "broker.prom.new"] {
        let link = instance.directory.path().join(name);
        let _ = fs::remove_file(&link);
        symlink(&victim, &link).unwrap();
    }
    wait::until_true(wait::PATIENCE, "a file again", || {
        path.symlink_metadata().is_ok_and(|found| found.is_file())
    });
    assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
}
