//! What `status` says about the containers of a project, and about what changed.

use serde_json::{Value, json};

use crate::support::Instance;

/// The status of the only project.
fn project(instance: &Instance) -> Value {
    let mut admin = instance.broker.raw_admin();
    admin.ask(r#"{"op":"status"}"#)["projects"][0].clone()
}

/// The views of its containers, and whether they watch.
fn holders(instance: &Instance) -> Vec<(u64, bool)> {
    let project = project(instance);
    let containers = project["containers"].as_array().cloned().unwrap_or_default();
    containers.iter().map(|entry| (entry["view"].as_u64().unwrap(), entry["watching"] == true)).collect()
}

#[test]
fn what_was_fetched_is_known_and_what_is_claimed_counts_as_far_as_it_was_given() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "one")]);
    let mut watching = instance.broker.raw("project-a");
    watching.send_line(&format!(r#"{{"op":"watch","view":{}}}"#, u64::MAX));
    assert_eq!(watching.answer()["event"], "changed");
    assert_eq!(holders(&instance), [], "a watch without a fetch holds nothing");
    let mut fetching = instance.broker.raw("project-a");
    let first = fetching.ask(r#"{"op":"fetch"}"#)["view"].as_u64().unwrap();
    assert_eq!(holders(&instance), [(first, true)], "both are this process");
    instance.broker.push(&[("gh", "two")]);
    assert_eq!(holders(&instance), [(first, true)], "a push is not a fetch");
    let second = fetching.ask(r#"{"op":"fetch"}"#)["view"].as_u64().unwrap();
    assert_eq!(holders(&instance), [(second, true)]);
    drop(watching);
    remo_testkit::wait::until_true(remo_testkit::wait::PATIENCE, "the end of the watch", || {
        holders(&instance) == [(second, false)]
    });
    // What it says that it holds is what it was given at most.
    drop(fetching);
    let mut watching = instance.broker.raw("project-a");
    watching.send_line(&format!(r#"{{"op":"watch","view":{}}}"#, u64::MAX));
    assert_eq!(watching.answer()["event"], "changed");
    assert_eq!(holders(&instance), [(second, true)]);
}

#[test]
fn a_get_is_no_view_and_many_connections_are_one_container() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "one")]);
    let mut connection = instance.broker.raw("project-a");
    connection.ask(r#"{"op":"get","name":"gh"}"#);
    assert_eq!(holders(&instance), []);
    for _ in 0..50 {
        instance.broker.raw("project-a").ask(r#"{"op":"fetch"}"#);
    }
    assert_eq!(holders(&instance).len(), 1);
}

#[test]
fn what_changed_is_named_with_the_view_from_which_on_it_is_as_it_is() {
    let instance = Instance::start();
    let project_a = instance.project("project-a", &["gh", "npm"]);
    instance.broker.push(&[("gh", "one"), ("npm", "one"), ("other", "one")]);
    let changes = || {
        let project = project(&instance);
        let changes = project["changes"].as_array().cloned().unwrap_or_default();
        changes
            .iter()
            .map(|change| (change["name"].as_str().unwrap().to_owned(), change["view"].as_u64().unwrap()))
            .collect::<Vec<_>>()
    };
    let view = || project(&instance)["view"].as_u64().unwrap();
    let first = view();
    assert_eq!(changes(), [("gh".to_owned(), first), ("npm".to_owned(), first)]);
    instance.broker.push(&[("gh", "tripwire-two"), ("npm", "one"), ("other", "two")]);
    let second = view();
    assert_eq!(changes(), [("gh".to_owned(), second), ("npm".to_owned(), first)]);
    instance.broker.push(&[("gh", "tripwire-two")]);
    let third = view();
    assert_eq!(changes(), [("gh".to_owned(), second), ("npm".to_owned(), third)]);
    project_a.write_secrets(&["gh"]);
    instance.broker.reload(&project_a, None).unwrap();
    let fourth = view();
    assert_eq!(changes(), [("gh".to_owned(), second), ("npm".to_owned(), fourth)], "its binding is gone");
    let status = project(&instance);
    assert_eq!(status["changes"][1]["variables"], json!(["NPM"]));
    assert!(!status.to_string().contains("tripwire"));
    assert!(status["changes_known_since"].as_u64().unwrap() < first);
}

#[test]
fn after_a_restart_earlier_changes_are_not_known() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "one")]);
    let before = project(&instance)["view"].as_u64().unwrap();
    instance.broker.kill();
    instance.broker.restart();
    let status = project(&instance);
    assert!(status["changes_known_since"].as_u64().unwrap() > before);
    assert_eq!(status.get("changes"), None);
    assert_eq!(status.get("containers"), None);
}

#[test]
fn a_fetch_from_a_broker_that_nobody_has_filled_since_its_start_says_so() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let fetch = |instance: &Instance| instance.broker.raw("project-a").ask(r#"{"op":"fetch"}"#);
    assert_eq!(fetch(&instance)["awaits_push"], true);
    instance.broker.push(&[("gh", "one")]);
    assert_eq!(fetch(&instance).get("awaits_push"), None);
    instance.broker.kill();
    instance.broker.restart();
    assert_eq!(fetch(&instance)["awaits_push"], true);
    instance.broker.clear();
    assert_eq!(fetch(&instance).get("awaits_push"), None, "emptied on purpose");
}
