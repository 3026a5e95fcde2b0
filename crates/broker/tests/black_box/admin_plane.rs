//! Section 3, admin plane: every operation answers as written, field by field.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use remo_testkit::{Project, bundle, payload, registration, secret_name};
use remo_wire::error::ErrorCode;
use serde_json::{Value, json};

use crate::support::{Instance, VERSION, ask, ask_admin, get_value, refused};

/// RFC 3339 in UTC, whole seconds.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    shape == "0000-00-00T00:00:00Z"
}

fn path_of(project: &Project) -> &str {
    project.path().to_str().unwrap()
}

#[test]
fn register_answers_the_socket_and_whether_a_pin_is_in_force() {
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]);
    let socket = instance.directory.project_socket("project-a");
    let register = |more: &str| {
        let path = path_of(&project);
        ask_admin(
            &instance.broker,
            &format!(r#"{{"op":"register","name":"project-a","project_path":"{path}"{more}}}"#),
        )
    };
    let unapproved = json!({"ok": true, "socket_path": socket.to_str().unwrap(), "approved": false});
    assert_eq!(register(""), unapproved);
    // Again changes nothing and does not disturb who is connected.
    let mut held = instance.broker.raw("project-a");
    assert_eq!(register(r#","allowed_uids":[1000]"#), unapproved);
    assert_eq!(held.ask(r#"{"op":"ping"}"#)["ok"], true);
    let approved = json!({"ok": true, "socket_path": socket.to_str().unwrap(), "approved": true});
    assert_eq!(register(r#","approve":true"#), approved);
    assert_eq!(register(""), approved, "an approval is not taken back by registering again");
}

#[test]
fn register_refuses_what_is_no_project_directory() {
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]);
    let root = instance.directory.projects_root();
    std::fs::write(root.join("file"), "").unwrap();
    std::os::unix::fs::symlink(project.path(), root.join("link")).unwrap();
    std::fs::create_dir_all(instance.directory.path().join("elsewhere/project-a")).unwrap();
    let cases: Vec<(&str, String)> = vec![
        ("project-a", "/nonexistent/project-a".to_owned()),
        ("project-a", root.to_str().unwrap().to_owned()),
        ("project-a", "p/project-a".to_owned()),
        ("project-a", String::new()),
        ("project-a", "/\\u0000".to_owned()),
        ("project-a", format!("{}/../p/nothing", root.display())),
        ("project-a", instance.directory.path().join("elsewhere/project-a").to_str().unwrap().to_owned()),
        ("project-a", project.path().join(".remo").to_str().unwrap().to_owned()),
        ("project-b", path_of(&project).to_owned()),
        ("file", root.join("file").to_str().unwrap().to_owned()),
        ("link", root.join("link").to_str().unwrap().to_owned()),
        ("link", path_of(&project).to_owned()),
        ("missing", root.join("missing").to_str().unwrap().to_owned()),
    ];
    for (name, path) in cases {
        let request = format!(r#"{{"op":"register","name":"{name}","project_path":"{path}"}}"#);
        refused(&ask_admin(&instance.broker, &request), "invalid_payload");
    }
    assert_eq!(instance.broker.status().projects, []);
    assert!(!instance.directory.run_directory("link").exists());
    // The overflow user stands for everybody, so nobody can record it.
    let mut overflow = registration(&project, false);
    overflow.allowed_uids = Some(vec![65_534]);
    assert_eq!(instance.broker.register_as(overflow).unwrap_err().code(), Some(ErrorCode::InvalidPayload));
}

#[test]
fn register_with_approve_registers_nothing_when_the_manifest_cannot_be_approved() {
    let instance = Instance::start();
    for (name, manifest, code) in [
        ("no-manifest", None, ErrorCode::ManifestNotFound),
        ("bad-manifest", Some("schema_version = 1\nunknown = 2\n"), ErrorCode::ManifestInvalid),
        ("wrong-name", Some("schema_version = 1\nproject = \"other\"\n"), ErrorCode::ManifestInvalid),
    ] {
        let project = Project::without_manifest(&instance.directory, name);
        if let Some(manifest) = manifest {
            project.write_manifest(manifest);
        }
        let error = instance.broker.register_as(registration(&project, true)).unwrap_err();
        assert_eq!(error.code(), Some(code), "{name}: {error}");
    }
    assert_eq!(instance.broker.status().projects, []);
}

#[test]
fn unregister_closes_what_is_connected_and_keeps_the_pin() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut held = instance.broker.raw("project-a");
    assert_eq!(get_value(&mut held, "gh"), "x");
    assert_eq!(ask_admin(&instance.broker, r#"{"op":"unregister","name":"project-a"}"#), json!({"ok": true}));
    assert_eq!(held.line(), None);
    assert!(remo_testkit::RawConnection::try_open(&instance.broker.socket("project-a")).is_err());
    assert_eq!(instance.broker.status().projects, []);
    // The directory stays: containers have it mounted.
    assert!(instance.directory.run_directory("project-a").is_dir());
    assert!(instance.broker.register(&project).unwrap().approved);
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
}

#[test]
fn operations_on_a_project_that_is_not_registered_say_so() {
    let instance = Instance::start();
    let project = Project::new(&instance.directory, "project-a", &["gh"]);
    for operation in ["unregister", "manifest", "reload"] {
        let request = format!(r#"{{"op":"{operation}","name":"project-a"}}"#);
        refused(&ask_admin(&instance.broker, &request), "project_unknown");
    }
    instance.broker.register(&project).unwrap();
    instance.broker.unregister(&project).unwrap();
    refused(&ask_admin(&instance.broker, r#"{"op":"unregister","name":"project-a"}"#), "project_unknown");
}

#[test]
fn manifest_compares_file_and_pin() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    let manifest = || ask_admin(&instance.broker, r#"{"op":"manifest","name":"project-a"}"#);
    let gh = json!({"schema_version": 1, "bindings": {"gh": {"fetch_as": "env", "env_var": "GH", "required": true}}, "cache": {}});
    let first = manifest();
    let sha256 = first["sha256"].as_str().unwrap().to_owned();
    assert_eq!(sha256.len(), 64);
    assert_eq!(
        (
            &first["ok"],
            &first["state"],
            &first["pinned"],
            &first["file"],
            &first["removed"],
            &first["problems"]
        ),
        (&json!(true), &json!("unapproved"), &Value::Null, &gh, &json!([]), &json!([]))
    );
    assert_eq!(first["added"].as_array().unwrap().len(), 1, "{first}");
    assert_eq!(first.as_object().unwrap().len(), 8, "no further fields: {first}");

    instance.broker.reload(&project, Some(&sha256)).unwrap();
    assert_eq!(
        manifest(),
        json!({"ok": true, "state": "pinned", "pinned": gh, "file": gh, "sha256": sha256, "added": [], "removed": [], "problems": []})
    );

    project.write_secrets(&["npm"]);
    let changed = manifest();
    assert_eq!((&changed["state"], &changed["pinned"]), (&json!("changed"), &gh));
    assert!(changed["file"]["bindings"].get("npm").is_some());
    assert_ne!(changed["sha256"], sha256.as_str());
    assert!(changed["added"][0].as_str().unwrap().contains("npm"), "{changed}");
    assert!(changed["removed"][0].as_str().unwrap().contains("gh"), "{changed}");

    project.write_manifest("schema_version = 1\nproject = \"project-a\"\nfoo = 1\n[secrets.a]\nbar = 2\n");
    let invalid = manifest();
    assert_eq!(
        (&invalid["state"], &invalid["pinned"], &invalid["file"]),
        (&json!("invalid"), &gh, &Value::Null)
    );
    assert_eq!(invalid["problems"].as_array().unwrap().len(), 2, "all problems at once: {invalid}");

    std::fs::remove_dir_all(project.path().join(".remo")).unwrap();
    let missing = manifest();
    assert_eq!(
        (&missing["state"], &missing["pinned"], &missing["file"], &missing["sha256"]),
        (&json!("missing"), &gh, &Value::Null, &json!(""))
    );
    assert_eq!(missing["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn reload_answers_what_is_allowed_and_what_changed() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    let reload = || ask_admin(&instance.broker, r#"{"op":"reload","name":"project-a"}"#);
    assert_eq!(reload(), json!({"ok": true, "allowlist": ["gh"], "added": ["gh"], "removed": []}));
    assert_eq!(reload(), json!({"ok": true, "allowlist": ["gh"], "added": [], "removed": []}));
    project.write_secrets(&["npm", "aws"]);
    assert_eq!(
        reload(),
        json!({"ok": true, "allowlist": ["aws", "npm"], "added": ["aws", "npm"], "removed": ["gh"]})
    );
    project.write_manifest("nonsense");
    refused(&reload(), "manifest_invalid");
    std::fs::remove_file(project.manifest_path()).unwrap();
    refused(&reload(), "manifest_not_found");
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["allowlist"], json!(["aws", "npm"]));
}

#[test]
fn push_replaces_the_whole_snapshot() {
    let instance = Instance::start();
    instance.project("project-a", &["gh", "npm"]);
    let push = |text: &str| ask_admin(&instance.broker, &format!(r#"{{"op":"push-creds",{text}}}"#));
    let first = push(r#""secrets":{"gh":"1","npm":"2"}"#);
    assert!(is_time(&first["loaded_at"]), "{first}");
    assert_eq!(first.as_object().unwrap().len(), 4, "{first}");
    assert_eq!(
        (&first["ok"], &first["secret_count"], &first["generation"]),
        (&json!(true), &json!(2), &json!(1))
    );
    let second = push(r#""secrets":{"gh":"3"}"#);
    assert_eq!((&second["secret_count"], &second["generation"]), (&json!(1), &json!(2)));
    let mut connection = instance.broker.raw("project-a");
    assert_eq!(get_value(&mut connection, "gh"), "3");
    refused(&connection.ask(r#"{"op":"get","name":"npm"}"#), "not_found");
    let empty = push(r#""secrets":{}"#);
    assert_eq!((&empty["secret_count"], &empty["generation"]), (&json!(0), &json!(3)));
    refused(&connection.ask(r#"{"op":"get","name":"gh"}"#), "not_found");
    assert!(is_time(&json!(instance.broker.status().secrets_loaded_at)), "an empty snapshot is one too");
}

#[test]
fn keep_holds_the_value_that_the_broker_has() {
    let instance = Instance::start();
    instance.project("project-a", &["gh", "npm", "aws", "key", "never"]);
    let mut before = payload(&[("gh", "1"), ("npm", "2")]);
    before.secrets.insert(secret_name("aws"), bundle(&[("id", "a"), ("key", "b")]));
    before.secrets.insert(
        secret_name("key"),
        remo_wire::admin::PushedSecret::Scalar(remo_secret::Secret::new(vec![0xff, 0])),
    );
    instance.broker.push_payload(before).unwrap();
    for _ in 0..3 {
        let mut next = payload(&[("gh", "new")]);
        next.keep = ["npm", "aws", "key", "never"].map(secret_name).into();
        assert_eq!(instance.broker.push_payload(next).unwrap().secret_count, 4);
    }
    let fetched = ask(&instance.broker, "project-a", r#"{"op":"fetch"}"#);
    assert_eq!(
        fetched["secrets"],
        json!({"gh": {"value": "new", "kind": "scalar"}, "npm": {"value": "2", "kind": "scalar"},
               "aws": {"value": "{\"id\":\"a\",\"key\":\"b\"}", "kind": "bundle"},
               "key": {"value_b64": "/wA=", "kind": "scalar"}})
    );
    assert_eq!(fetched["missing"], json!(["never"]), "keep makes nothing up");
    // What was cleared is gone: there is nothing to keep.
    instance.broker.clear();
    let mut next = payload(&[]);
    next.keep = ["npm"].map(secret_name).into();
    assert_eq!(instance.broker.push_payload(next).unwrap().secret_count, 0);
}

#[test]
fn an_invalid_push_changes_nothing() {
    let instance = Instance::start();
    instance.project("project-a", &["gh", "npm"]);
    let generation = instance.broker.push(&[("gh", "1")]).generation;
    let view = instance.view("project-a");
    for secrets in [
        r#"{"gh":"2","npm":5}"#,
        r#"{"gh":"2","gh":"3"}"#,
        r#"{"gh":"2","n-pm":"3"}"#,
        r#"{"gh":"2","npm":{}}"#,
        r#"{"gh":"2","npm":{"$b64":"?"}}"#,
        r#"["gh"]"#,
        "null",
    ] {
        let answer = ask_admin(&instance.broker, &format!(r#"{{"op":"push-creds","secrets":{secrets}}}"#));
        refused(&answer, "invalid_payload");
    }
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "1");
    assert_eq!((instance.broker.status().generation, instance.view("project-a")), (generation, view));
}

#[test]
fn clear_empties_the_store_and_is_remembered_until_a_push() {
    let instance = Instance::start();
    let pushed = instance.broker.push(&[("gh", "1")]).generation;
    assert!(!instance.broker.status().cleared);
    assert_eq!(ask_admin(&instance.broker, r#"{"op":"clear-creds"}"#), json!({"ok": true}));
    let status = instance.broker.status();
    assert!(status.cleared && status.generation > pushed, "{status:?}");
    assert_eq!((status.secret_count, status.secrets_loaded_at), (0, None));
    assert_eq!(instance.broker.list().secrets, []);
    instance.broker.push(&[("gh", "1")]);
    assert!(!instance.broker.status().cleared);
}

#[test]
fn list_names_kinds_and_fields() {
    let instance = Instance::start();
    let list = || ask_admin(&instance.broker, r#"{"op":"list"}"#);
    assert_eq!(list(), json!({"ok": true, "secrets": []}));
    let mut payload = payload(&[("gh", "1")]);
    payload.secrets.insert(secret_name("aws"), bundle(&[("secret_key", "2"), ("access_key", "3")]));
    instance.broker.push_payload(payload).unwrap();
    assert_eq!(
        list(),
        json!({"ok": true, "secrets": [
            {"name": "aws", "kind": "bundle", "fields": ["access_key", "secret_key"]},
            {"name": "gh", "kind": "scalar"}]})
    );
}

#[test]
fn status_tells_everything_but_values() {
    let instance = Instance::start();
    let status = || ask_admin(&instance.broker, r#"{"op":"status"}"#);
    let mut empty = status();
    assert!(!empty["instance_id"].as_str().unwrap().is_empty());
    assert!(empty["uptime_seconds"].as_u64().unwrap() < 600);
    empty["instance_id"] = json!("");
    empty["uptime_seconds"] = json!(0);
    assert_eq!(
        empty,
        json!({"ok": true, "broker_version": VERSION, "protocol_version": 2, "instance_id": "", "uptime_seconds": 0,
               "secret_count": 0, "secrets_loaded_at": null, "cleared": false, "generation": 0, "projects": []})
    );
    instance.project("project-b", &["gh", "npm"]);
    instance.unapproved("project-a", &["gh"]);
    let generation = instance.broker.push(&[("gh", "1")]).generation;
    ask(&instance.broker, "project-b", r#"{"op":"get","name":"gh"}"#);
    let full = status();
    assert!(is_time(&full["secrets_loaded_at"]), "{full}");
    assert_eq!((&full["secret_count"], &full["generation"]), (&json!(1), &json!(generation)));
    let socket = |name| instance.directory.project_socket(name).to_str().unwrap().to_owned();
    let view = instance.view("project-a");
    assert_eq!(
        full["projects"],
        json!([
            {"name": "project-a", "socket_path": socket("project-a"), "allowlist_size": 0, "cache_entries": 0,
             "view": view, "manifest": "unapproved", "changes_known_since": view - 1},
            {"name": "project-b", "socket_path": socket("project-b"), "allowlist_size": 2, "cache_entries": 1,
             "view": view, "manifest": "pinned", "changes_known_since": view - 3,
             "changes": [{"name": "gh", "view": view, "variables": ["GH"]},
                         {"name": "npm", "view": view - 2, "variables": ["NPM"]}]}])
    );
}

#[test]
fn no_operation_of_the_admin_plane_returns_a_value() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh", "aws"]);
    let mut payload = payload(&[("gh", "tripwire-scalar")]);
    payload.secrets.insert(secret_name("aws"), bundle(&[("id", "tripwire-field")]));
    instance.broker.push_payload(payload).unwrap();
    let mut connection = instance.broker.raw_admin();
    for request in [
        r#"{"op":"list"}"#,
        r#"{"op":"list","values":true}"#,
        r#"{"op":"status"}"#,
        r#"{"op":"manifest","name":"project-a"}"#,
        r#"{"op":"reload","name":"project-a"}"#,
        r#"{"op":"get","name":"gh"}"#,
        r#"{"op":"fetch"}"#,
        r#"{"op":"push-creds","secrets":{"gh":5},"keep":["aws"]}"#,
        r#"{"op":"push-creds","secrets":{},"keep":["gh","aws"]}"#,
        r#"{"op":"clear-creds"}"#,
    ] {
        let answer = connection.ask(request).to_string();
        assert!(!answer.contains("tripwire"), "{request}: {answer}");
    }
    drop(project);
}

/// R-3.9. Owners are those of the user who runs the broker here.
#[test]
fn files_have_the_modes_of_the_specification() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mode = |path: &Path| path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
    let directory = &instance.directory;
    let run = directory.run_directory("project-a");
    for (path, expected) in [
        (directory.socket_dir(), 0o755),
        (directory.socket_dir().join("admin"), 0o750),
        (directory.socket_dir().join("admin/admin.sock"), 0o660),
        (directory.socket_dir().join("projects"), 0o750),
        (run.clone(), 0o755),
        (run.join("project-a.sock"), 0o666),
        (run.join("manifest.toml"), 0o644),
        (directory.state_dir(), 0o700),
        (directory.audit_log(), 0o640),
    ] {
        assert_eq!(format!("{:o}", mode(&path)), format!("{expected:o}"), "{}", path.display());
    }
    let link = std::fs::read_link(directory.admin_socket()).unwrap();
    assert_eq!(link, Path::new("admin/admin.sock"), "the vault mounts the folder, and nothing else with it");
    let link = std::fs::read_link(directory.project_socket("project-a")).unwrap();
    assert_eq!(link, Path::new("projects/project-a/project-a.sock"));
    let copy = std::fs::read_to_string(run.join("manifest.toml")).unwrap();
    assert_eq!(
        copy,
        std::fs::read_to_string(directory.projects_root().join("project-a/.remo/manifest.toml")).unwrap()
    );
    for entry in walk(&directory.state_dir()) {
        let metadata = entry.symlink_metadata().unwrap();
        assert_eq!(metadata.mode() & 0o077, 0, "{} is for the broker only", entry.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.push(path);
    }
    found
}

/// A push that was meant for another state of the store is refused and changes nothing.
#[test]
fn a_push_for_another_generation_changes_nothing() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let generation = instance.broker.push(&[("gh", "before")]).generation;
    let view = instance.view("project-a");
    let push_for = |expected: u64| {
        let request = format!(
            r#"{{"op":"push-creds","secrets":{{"npm":"tripwire"}},"keep":["gh"],"if_generation":{expected}}}"#
        );
        ask_admin(&instance.broker, &request)
    };
    for other in [0, generation - 1, generation + 1, u64::MAX] {
        let message = refused(&push_for(other), "invalid_payload");
        assert!(message.contains(&generation.to_string()) && !message.contains("tripwire"), "{message}");
    }
    assert_eq!(instance.broker.status().generation, generation);
    assert_eq!(instance.view("project-a"), view);
    assert_eq!(instance.broker.list().secrets.len(), 1);
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "before");
    // A clear is a change too.
    instance.broker.clear();
    refused(&push_for(generation), "invalid_payload");
    assert_eq!(instance.broker.status().secret_count, 0);
    let generation = instance.broker.push(&[("gh", "after")]).generation;
    let answer = push_for(generation);
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(answer["secret_count"], 2);
    assert!(answer["generation"].as_u64().unwrap() > generation);
}
