//! `watch`: a line at once when the view is another, and one each time it changes.

use std::time::Duration;

use remo_testkit::{Project, RawConnection};
use serde_json::json;

use crate::support::{Instance, refused};

/// Long enough for a wrong line to arrive.
const QUIET: Duration = Duration::from_millis(200);

fn is_quiet(connection: &RawConnection) -> bool {
    use std::io::Read as _;
    connection.stream().set_read_timeout(Some(QUIET)).unwrap();
    let result = connection.stream().read(&mut [0; 1]);
    matches!(result, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn the_first_line_comes_at_once_when_the_view_is_another() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let generation = instance.broker.push(&[("gh", "x")]).generation;
    let view = instance.view("project-a");
    let event = json!({"ok": true, "event": "changed", "generation": generation, "view": view});
    for request in [r#"{"op":"watch"}"#.to_owned(), format!(r#"{{"op":"watch","view":{}}}"#, view - 1)] {
        assert_eq!(instance.broker.raw("project-a").ask(&request), event);
    }
    let mut current = instance.broker.raw("project-a");
    current.send_line(&format!(r#"{{"op":"watch","view":{view}}}"#));
    assert!(is_quiet(&current), "nothing changed, so nothing is said");
}

#[test]
fn push_clear_and_reload_are_told_and_views_rise() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let mut view = instance.view("project-a");
    let mut connection = instance.broker.raw("project-a");
    connection.send_line(&format!(r#"{{"op":"watch","view":{view}}}"#));
    assert!(is_quiet(&connection));
    let changes: [(&str, &dyn Fn()); 4] = [
        ("push", &|| drop(instance.broker.push(&[("gh", "x")]))),
        ("the same push again", &|| drop(instance.broker.push(&[("gh", "x")]))),
        ("clear", &|| instance.broker.clear()),
        ("reload", &|| {
            project.write_secrets(&["gh", "npm"]);
            instance.broker.reload(&project, None).unwrap();
        }),
    ];
    for (what, change) in changes {
        change();
        let event = connection.answer();
        assert_eq!((&event["ok"], &event["event"]), (&json!(true), &json!("changed")), "{what}");
        let told = event["view"].as_u64().unwrap();
        assert!(told > view, "{what}: the view rises from {view} to {told}");
        view = told;
        assert_eq!(view, instance.view("project-a"), "{what}");
        assert_eq!(event["generation"], instance.broker.status().generation, "{what}");
    }
    assert!(is_quiet(&connection), "each change is told once");
}

/// What another project may have is no news for this one.
#[test]
fn a_reload_of_another_project_is_not_told() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let other = instance.project("project-b", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    connection.send_line(&format!(r#"{{"op":"watch","view":{}}}"#, instance.view("project-a")));
    other.write_secrets(&["npm"]);
    instance.broker.reload(&other, None).unwrap();
    assert!(is_quiet(&connection));
}

#[test]
fn a_further_request_on_a_watching_connection_is_an_error() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    assert_eq!(connection.ask(r#"{"op":"watch"}"#)["event"], "changed");
    refused(&connection.ask(r#"{"op":"ping"}"#), "protocol_error");
}

#[test]
fn requests_before_watch_on_the_same_connection_are_answered_first() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    connection.send(b"{\"op\":\"ping\"}\n{\"op\":\"watch\"}\n");
    assert_eq!(connection.answer()["project"], "project-a");
    assert_eq!(connection.answer()["event"], "changed");
}

/// A reader that takes its time gets the latest view, not a backlog.
#[test]
fn a_slow_watcher_ends_at_the_latest_view() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    connection.send_line(r#"{"op":"watch"}"#);
    // One connection for all of it: a reader that is behind for 10 s loses its own, also on a busy machine.
    let mut admin = instance.broker.raw_admin();
    for number in 0..5000 {
        let answer = if number % 50 == 0 {
            admin.ask(&format!(r#"{{"op":"push-creds","secrets":{{"gh":"{number}"}}}}"#))
        } else {
            admin.ask(r#"{"op":"clear-creds"}"#)
        };
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let latest = instance.view("project-a");
    let mut last = 0;
    while last < latest {
        let view = connection.answer()["view"].as_u64().unwrap();
        assert!(view > last, "views rise");
        last = view;
    }
    assert_eq!(last, latest);
}

#[test]
fn unregistering_ends_a_watch() {
    let instance = Instance::start();
    let project: Project = instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    assert_eq!(connection.ask(r#"{"op":"watch"}"#)["event"], "changed");
    instance.broker.unregister(&project).unwrap();
    refused(&connection.answer(), "denied");
    assert_eq!(connection.line(), None);
}
