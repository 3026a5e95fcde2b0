//! Bad request lines get a clear error through the real front end, and lose nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use remo_testkit::wait::PATIENCE;
use remo_testkit::{Project, RawConnection, registration};
use remo_wire::limits::{PUSH_LINE_MAX, REQUEST_LINE_MAX};
use serde_json::Value;

use crate::support::{Instance, ask_admin, get_value, refused};

/// Bad lines of the wire crate with the answers that they must get.
fn vectors(plane: &str) -> Vec<(String, Vec<u8>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/vectors").join(plane).join("bad");
    let files: BTreeMap<String, Vec<u8>> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    let requests = files.iter().filter(|(name, _)| !name.ends_with(".expected"));
    let found: Vec<_> = requests
        .map(|(name, line)| {
            let stem = name.rsplit_once('.').unwrap().0;
            let expected = serde_json::from_slice(&files[&format!("{stem}.expected")]).unwrap();
            (name.clone(), line.clone(), expected)
        })
        .collect();
    assert!(found.len() > 50, "the vectors are there");
    found
}

#[test]
fn bad_lines_on_a_project_socket_are_answered_and_the_connection_goes_on() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut connection = instance.broker.raw("project-a");
    for (name, line, expected) in vectors("project") {
        connection.send(&line);
        assert_eq!(connection.answer(), expected, "{name}");
    }
    assert_eq!(get_value(&mut connection, "gh"), "x");
}

#[test]
fn bad_lines_on_the_admin_socket_are_answered_and_change_nothing() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let before = instance.broker.status();
    let mut connection = instance.broker.raw_admin();
    for (name, line, expected) in vectors("admin") {
        connection.send(&line);
        assert_eq!(connection.answer(), expected, "{name}");
    }
    let after = connection.ask(r#"{"op":"status"}"#);
    assert_eq!(after["generation"], before.generation);
    assert_eq!(after["projects"].as_array().unwrap().len(), 1);
    assert_eq!(after["projects"][0]["view"], before.projects[0].view);
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
}

/// All bad lines at once, before the first answer is read.
#[test]
fn pipelined_bad_lines_are_answered_in_their_order() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    for (plane, mut connection) in
        [("project", instance.broker.raw("project-a")), ("admin", instance.broker.raw_admin())]
    {
        let vectors = vectors(plane);
        let all: Vec<u8> = vectors.iter().flat_map(|(_, line, _)| line.iter().copied()).collect();
        let mut writer = connection.stream().try_clone().unwrap();
        let sender = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &all).unwrap());
        for (name, _, expected) in &vectors {
            assert_eq!(&connection.answer(), expected, "{plane}/{name}");
        }
        sender.join().unwrap();
    }
}

/// A line of `length` bytes, newline not counted.
fn padded(before: &str, after: &str, length: usize) -> Vec<u8> {
    let mut line = before.as_bytes().to_vec();
    line.resize(length - after.len(), b'x');
    line.extend_from_slice(after.as_bytes());
    line.push(b'\n');
    line
}

/// Sends from a thread of its own: the broker may answer and close before it has taken everything.
fn send_all(connection: &RawConnection, bytes: Vec<u8>) {
    let mut writer = connection.stream().try_clone().unwrap();
    drop(std::thread::spawn(move || std::io::Write::write_all(&mut writer, &bytes)));
}

#[test]
fn a_line_may_have_64_kib_on_a_project_socket_and_not_one_byte_more() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    send_all(&connection, padded(r#"{"op":"ping","x":""#, "\"}", REQUEST_LINE_MAX));
    assert_eq!(connection.answer()["ok"], true);
    for (what, bytes) in [
        ("whole", padded(r#"{"op":"ping","x":""#, "\"}", REQUEST_LINE_MAX + 1)),
        ("without its newline", vec![b'x'; REQUEST_LINE_MAX + 1]),
        ("much longer", vec![b'x'; 20 * REQUEST_LINE_MAX]),
        ("followed by a request", [vec![b'x'; 70_000], b"\n{\"op\":\"ping\"}\n".to_vec()].concat()),
    ] {
        let mut connection = instance.broker.raw("project-a");
        assert_eq!(connection.ask(r#"{"op":"ping"}"#)["ok"], true);
        send_all(&connection, bytes);
        let message = refused(&connection.answer(), "protocol_error");
        assert!(message.contains("65536"), "{what}: {message}");
        connection.end_sending();
        assert_eq!(connection.until_end(PATIENCE), b"", "{what}: nothing after the error");
    }
}

#[test]
fn a_push_may_have_a_mebibyte_and_not_one_byte_more() {
    let instance = Instance::start();
    instance.project("project-a", &["a"]);
    let push = |length| padded(r#"{"op":"push-creds","secrets":{"a":""#, "\"}}", length);
    let mut connection = instance.broker.raw_admin();
    send_all(&connection, push(PUSH_LINE_MAX));
    assert_eq!(connection.answer()["secret_count"], 1);
    let generation = instance.broker.status().generation;
    for (what, bytes) in [
        ("whole", push(PUSH_LINE_MAX + 1)),
        ("without its newline", vec![b'x'; PUSH_LINE_MAX + 1]),
        ("much longer", push(8 * PUSH_LINE_MAX)),
    ] {
        let mut connection = instance.broker.raw_admin();
        send_all(&connection, bytes);
        refused(&connection.answer(), "payload_too_large");
        connection.end_sending();
        assert_eq!(connection.until_end(PATIENCE), b"", "{what}: nothing after the error");
    }
    assert_eq!(instance.broker.status().generation, generation);
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "a").len(), PUSH_LINE_MAX - 38);
}

#[test]
fn other_admin_requests_have_64_kib_too() {
    let instance = Instance::start();
    for operation in ["list", "status", "clear-creds", "manifest"] {
        let before = format!(r#"{{"op":"{operation}","name":"a","x":""#);
        let mut connection = instance.broker.raw_admin();
        send_all(&connection, padded(&before, "\"}", REQUEST_LINE_MAX));
        assert_ne!(connection.answer()["code"], "payload_too_large", "{operation}");
        send_all(&connection, padded(&before, "\"}", REQUEST_LINE_MAX + 1));
        refused(&connection.answer(), "payload_too_large");
        connection.end_sending();
        assert_eq!(connection.until_end(PATIENCE), b"", "{operation}");
    }
}

/// Manifests of every wrong shape, through `reload`; the corpus of the manifest crate has the details.
#[test]
fn bad_manifests_are_refused_with_their_problems_and_without_their_content() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let deep = format!(
        "schema_version = 1\nproject = \"project-a\"\nx = {}{}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (what, text) in [
        ("empty", &b""[..]),
        ("not TOML", b"\x00\x01\x02 tripwire"),
        ("not UTF-8", b"schema_version = 1\nproject = \"project-a\" # \xff tripwire"),
        ("another project", b"schema_version = 1\nproject = \"tripwire\"\n"),
        ("another version", b"schema_version = 2\nproject = \"project-a\"\n"),
        ("half a table", b"schema_version = 1\nproject = \"project-a\"\n[secrets.gh"),
        ("a wrong type", b"schema_version = 1\nproject = \"project-a\"\nsecrets = 5\n"),
        ("a key twice", b"schema_version = 1\nschema_version = 1\nproject = \"project-a\"\n"),
        ("a bad name", b"schema_version = 1\nproject = \"project-a\"\n[secrets.\"a-b\"]\n"),
        ("deep", deep.as_bytes()),
    ] {
        fs::write(project.manifest_path(), text).unwrap();
        let message = refused(
            &ask_admin(&instance.broker, r#"{"op":"reload","name":"project-a"}"#),
            "manifest_invalid",
        );
        let comparison = ask_admin(&instance.broker, r#"{"op":"manifest","name":"project-a"}"#);
        assert_eq!(comparison["state"], "invalid", "{what}");
        assert!(!comparison["problems"].as_array().unwrap().is_empty(), "{what}");
        // A key or a name that is meant to be seen may be named; what is no text of ours may not.
        if what == "not TOML" || what == "not UTF-8" {
            assert!(!message.contains("tripwire"), "{what}: {message}");
        }
    }
    assert_eq!(
        instance.broker.raw("project-a").ask(r#"{"op":"info"}"#)["allowlist"],
        serde_json::json!(["gh"])
    );
}

/// Any owner, any mode: what cannot be read is said, nothing is lost.
#[test]
fn a_project_without_a_readable_manifest_can_be_registered_but_not_approved() {
    let instance = Instance::start();
    let project = Project::without_manifest(&instance.directory, "project-a");
    assert!(!instance.broker.register_as(registration(&project, false)).unwrap().approved);
    assert_eq!(instance.broker.manifest(&project).unwrap().state.to_string(), "missing");
    refused(&ask_admin(&instance.broker, r#"{"op":"reload","name":"project-a"}"#), "manifest_not_found");
    refused(&instance.broker.raw("project-a").ask(r#"{"op":"fetch"}"#), "denied");
}
