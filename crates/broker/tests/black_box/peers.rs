//! who may use a project socket is judged by the kernel's word, with real users.

use remo_testkit::{Project, RawConnection, audit, registration, skip, wait};
use serde_json::json;

use crate::support::{Instance, get_value, refused};

const OWNER: u32 = 1000;
const STRANGER: u32 = 4242;
const OVERFLOW: u32 = 65_534;

fn connect(instance: &Instance, uid: u32) -> RawConnection {
    let folder = instance.directory.run_directory("project-a");
    RawConnection::open_as(uid, &folder, "project-a.sock").unwrap()
}

#[track_caller]
fn is_refused(instance: &Instance, uid: u32) {
    let mut connection = connect(instance, uid);
    // Sending may fail already; the error is there to be read all the same.
    drop(connection.try_send(b"{\"op\":\"get\",\"name\":\"gh\"}\n"));
    let message = refused(&connection.answer(), "peer_unexpected");
    assert!(message.contains(&uid.to_string()), "{message}");
    assert_eq!(message.contains("never let in"), uid == OVERFLOW, "{message}");
    assert_eq!(connection.line(), None, "an error, then the end");
}

#[test]
fn the_owner_of_the_directory_and_root_may_and_others_may_not() {
    if skip::without_root("the_owner_of_the_directory_and_root_may_and_others_may_not") {
        return;
    }
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]).owned_by(OWNER);
    instance.broker.approve(&project);
    instance.broker.push(&[("gh", "x")]);
    for uid in [0, OWNER] {
        assert_eq!(get_value(&mut connect(&instance, uid), "gh"), "x", "user {uid}");
    }
    for uid in [STRANGER, OVERFLOW, 1, 1001] {
        is_refused(&instance, uid);
    }
    let fetched = audit::events(&instance.directory.audit_log(), "fetch");
    let uids: Vec<_> = fetched.iter().map(|line| line["peer_uid"].as_u64().unwrap()).collect();
    assert_eq!(uids, [0, u64::from(OWNER)], "only those who may have got an answer");
    assert!(fetched.iter().all(|line| line["peer_pid"] == std::process::id()));
    // The four refusals are on record: one line at once, the others counted in a later one.
    wait::until_true(wait::PATIENCE, "all refusals on record", || {
        let lines = audit::events(&instance.directory.audit_log(), "peer.unexpected");
        assert!(
            lines.iter().all(|line| line["project"] == "project-a" && line["peer_pid"] == std::process::id())
        );
        lines.iter().map(|line| line["count"].as_u64().unwrap()).sum::<u64>() == 4
    });
    let first = &audit::events(&instance.directory.audit_log(), "peer.unexpected")[0];
    assert_eq!(first["peer_uid"], STRANGER);
}

#[test]
fn recorded_users_replace_the_owner_and_can_be_changed() {
    if skip::without_root("recorded_users_replace_the_owner_and_can_be_changed") {
        return;
    }
    let mut instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]).owned_by(OWNER);
    let record = |instance: &Instance, uids: Option<Vec<u32>>| {
        let mut register = registration(&project, true);
        register.allowed_uids = uids;
        instance.broker.register_as(register).unwrap();
        instance.broker.push(&[("gh", "x")]);
    };
    record(&instance, Some(vec![STRANGER]));
    assert_eq!(get_value(&mut connect(&instance, STRANGER), "gh"), "x");
    is_refused(&instance, OWNER);
    // Registering without users keeps what was recorded, and so does a restart.
    record(&instance, None);
    is_refused(&instance, OWNER);
    instance.broker.kill();
    instance.broker.restart();
    instance.broker.push(&[("gh", "x")]);
    is_refused(&instance, OWNER);
    assert_eq!(get_value(&mut connect(&instance, STRANGER), "gh"), "x");
    // Somebody who is connected and not recorded any more gets nothing further.
    let mut held = connect(&instance, STRANGER);
    assert_eq!(get_value(&mut held, "gh"), "x");
    record(&instance, Some(vec![OWNER]));
    assert_eq!(get_value(&mut connect(&instance, OWNER), "gh"), "x");
    is_refused(&instance, STRANGER);
    drop(held.try_send(b"{\"op\":\"get\",\"name\":\"gh\"}\n"));
    if let Some(line) = held.line() {
        let answer: serde_json::Value = serde_json::from_slice(&line).unwrap();
        refused(&answer, "peer_unexpected");
    }
    record(&instance, Some(vec![]));
    is_refused(&instance, OWNER);
    assert_eq!(get_value(&mut connect(&instance, 0), "gh"), "x", "root may always");
}

/// The directories above a project's own keep other users of the host out; a container has its own mounted.
#[test]
fn other_users_of_the_host_do_not_reach_project_sockets() {
    if skip::without_root("other_users_of_the_host_do_not_reach_project_sockets") {
        return;
    }
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]).owned_by(OWNER);
    instance.broker.approve(&project);
    let sockets = instance.directory.socket_dir();
    let denied = RawConnection::open_as(OWNER, &sockets, "projects/project-a/project-a.sock").unwrap_err();
    assert_eq!(denied.kind(), std::io::ErrorKind::PermissionDenied);
    let denied = RawConnection::open_as(OWNER, &sockets, "admin.sock").unwrap_err();
    assert_eq!(denied.kind(), std::io::ErrorKind::PermissionDenied);
}

/// Flooding by a user who may not connect costs the project nothing but counted lines.
#[test]
fn a_flood_of_strangers_is_counted_and_does_not_limit_the_project() {
    if skip::without_root("a_flood_of_strangers_is_counted_and_does_not_limit_the_project") {
        return;
    }
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]).owned_by(OWNER);
    instance.broker.approve(&project);
    instance.broker.push(&[("gh", "x")]);
    for _ in 0..300 {
        assert_eq!(connect(&instance, STRANGER).answer()["code"], json!("peer_unexpected"));
    }
    assert_eq!(get_value(&mut connect(&instance, OWNER), "gh"), "x");
    let counted = || -> (usize, u64) {
        let lines = audit::events(&instance.directory.audit_log(), "peer.unexpected");
        (lines.len(), lines.iter().map(|line| line["count"].as_u64().unwrap()).sum())
    };
    wait::until_true(wait::PATIENCE, "all refusals counted", || counted().1 == 300);
    assert!(counted().0 < 30, "lines are counted, not one each: {}", counted().0);
}

/// No answer before its record: who reads the refusal finds its line in the log. Each project's first refusal has a
/// line of its own.
#[test]
fn a_refusal_on_connect_is_on_record_when_it_is_read() {
    const PROJECTS: usize = 150;
    if skip::without_root("a_refusal_on_connect_is_on_record_when_it_is_read") {
        return;
    }
    let instance = Instance::start();
    let names: Vec<String> = (0..PROJECTS).map(|number| format!("project-{number}")).collect();
    for name in &names {
        instance.project(name, &["gh"]);
    }
    let log = instance.directory.audit_log();
    for (before, name) in names.iter().enumerate() {
        let folder = instance.directory.run_directory(name);
        let mut connection = RawConnection::open_as(STRANGER, &folder, &format!("{name}.sock")).unwrap();
        refused(&connection.answer(), "peer_unexpected");
        let lines = audit::events(&log, "peer.unexpected");
        assert_eq!(lines.len(), before + 1, "{name}: the line is there with the answer");
        assert_eq!(lines[before]["project"], name.as_str());
        assert_eq!(lines[before]["peer_uid"], STRANGER);
    }
}
