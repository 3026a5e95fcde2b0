//! Section 3, project plane: every operation answers as written, field by field.

use remo_secret::Secret;
use remo_testkit::{bundle, payload, secret_name};
use remo_wire::admin::PushedSecret;
use serde_json::{Value, json};

use crate::support::{Instance, VERSION, ask, get_value, refused};

#[test]
fn ping_names_version_protocol_and_project() {
    let instance = Instance::start();
    instance.unapproved("project-a", &["gh"]);
    let expected =
        json!({"ok": true, "broker_version": VERSION, "protocol_version": 2, "project": "project-a"});
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"ping"}"#), expected);
}

#[test]
fn info_tells_what_is_pinned() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh", "aws"]);
    let view = instance.view("project-a");
    assert_eq!(
        ask(&instance.broker, "project-a", r#"{"op":"info"}"#),
        json!({"ok": true, "project": "project-a", "allowlist": [], "schema_version": 1,
               "generation": 0, "view": view, "bindings": {}})
    );
    instance.broker.reload(&project, None).unwrap();
    let pushed = instance.broker.push(&[("gh", "x")]);
    let view = instance.view("project-a");
    assert_eq!(
        ask(&instance.broker, "project-a", r#"{"op":"info"}"#),
        json!({"ok": true, "project": "project-a", "allowlist": ["aws", "gh"], "schema_version": 1,
               "generation": pushed.generation, "view": view,
               "bindings": {"aws": {"fetch_as": "env", "env_var": "AWS", "required": true},
                            "gh": {"fetch_as": "env", "env_var": "GH", "required": true}}})
    );
}

#[test]
fn get_answers_scalars_bundles_and_bytes() {
    let instance = Instance::start();
    let names = ["gh", "aws", "key", "empty", "odd"];
    instance.project("project-a", &names);
    let odd = "line\nquote\" back\\ nul\0 ä€🔑\u{7f}";
    let mut payload = payload(&[("gh", "ghp_0123"), ("empty", ""), ("odd", odd)]);
    let aws = bundle(&[("secret", "s/+\"\n"), ("id", "AKIA")]);
    payload.secrets.insert(secret_name("aws"), aws);
    payload.secrets.insert(secret_name("key"), PushedSecret::Scalar(Secret::new(vec![0, 0xff, 0xfe, 10])));
    let generation = instance.broker.push_payload(payload).unwrap().generation;
    let mut connection = instance.broker.raw("project-a");
    let mut get = |name: &str| connection.ask(&format!(r#"{{"op":"get","name":"{name}"}}"#));
    let scalar = |value: &str| json!({"ok": true, "value": value, "kind": "scalar", "ttl_seconds": 900, "generation": generation});
    assert_eq!(get("gh"), scalar("ghp_0123"));
    assert_eq!(get("empty"), scalar(""));
    assert_eq!(get("odd"), scalar(odd));
    // A bundle travels as compact JSON text.
    assert_eq!(
        get("aws"),
        json!({"ok": true, "value": r#"{"id":"AKIA","secret":"s/+\"\n"}"#, "kind": "bundle",
               "ttl_seconds": 900, "generation": generation})
    );
    // Never both fields: the whole object is compared.
    assert_eq!(
        get("key"),
        json!({"ok": true, "value_b64": "AP/+Cg==", "kind": "scalar", "ttl_seconds": 900, "generation": generation})
    );
}

#[test]
fn get_of_a_name_outside_the_pin_is_denied_before_anything_else() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let request = r#"{"op":"get","name":"npm"}"#;
    let empty = refused(&ask(&instance.broker, "project-a", request), "denied");
    instance.broker.push(&[("gh", "x"), ("npm", "not-for-project-a")]);
    let there = ask(&instance.broker, "project-a", request);
    // Whether the secret exists is not told.
    assert_eq!(refused(&there, "denied"), empty);
    instance.broker.push(&[("gh", "x")]);
    assert_eq!(refused(&ask(&instance.broker, "project-a", request), "denied"), empty);
    // Names are compared as they are: nothing is trimmed, folded or resolved.
    for name in ["GH", " gh", "gh ", "gh\\u0000", "", "g\\u0068x", "*", "../gh", "gh\\n"] {
        let answer = ask(&instance.broker, "project-a", &format!(r#"{{"op":"get","name":"{name}"}}"#));
        refused(&answer, "denied");
    }
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "g\\u0068"), "x");
}

#[test]
fn not_found_says_whether_anything_is_loaded() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let get = || refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "not_found");
    let unloaded = get();
    instance.broker.push(&[("npm", "x")]);
    let loaded = get();
    instance.broker.clear();
    let cleared = get();
    assert!(unloaded.contains("no snapshot is loaded"), "{unloaded}");
    assert!(!loaded.contains("no snapshot is loaded"), "{loaded}");
    assert!(cleared.contains("cleared"), "{cleared}");
}

#[test]
fn fetch_answers_everything_of_the_pin_out_of_one_snapshot() {
    let instance = Instance::start();
    instance.project("project-a", &["gh", "aws", "key", "npm"]);
    let fetch = || ask(&instance.broker, "project-a", r#"{"op":"fetch"}"#);
    let bindings = ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["bindings"].clone();
    let view = instance.view("project-a");
    assert_eq!(
        fetch(),
        json!({"ok": true, "generation": 0, "view": view, "secrets": {},
               "missing": ["aws", "gh", "key", "npm"], "bindings": bindings, "awaits_push": true})
    );
    let mut payload = payload(&[("gh", "ghp"), ("other", "not-for-project-a")]);
    payload.secrets.insert(secret_name("aws"), bundle(&[("id", "a")]));
    payload.secrets.insert(secret_name("key"), PushedSecret::Scalar(Secret::new(vec![0x80])));
    let generation = instance.broker.push_payload(payload).unwrap().generation;
    let view = instance.view("project-a");
    assert_eq!(
        fetch(),
        json!({"ok": true, "generation": generation, "view": view,
               "secrets": {"gh": {"value": "ghp", "kind": "scalar"},
                           "aws": {"value": "{\"id\":\"a\"}", "kind": "bundle"},
                           "key": {"value_b64": "gA==", "kind": "scalar"}},
               "missing": ["npm"], "bindings": bindings})
    );
}

#[test]
fn a_project_has_its_own_secrets_and_no_others() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["npm"]);
    instance.broker.push(&[("gh", "of-a"), ("npm", "of-b")]);
    for (project, own, other) in [("project-a", "gh", "npm"), ("project-b", "npm", "gh")] {
        let mut connection = instance.broker.raw(project);
        refused(&connection.ask(&format!(r#"{{"op":"get","name":"{other}"}}"#)), "denied");
        // A project named in a request changes nothing: the socket decides.
        let request = format!(r#"{{"op":"get","name":"{other}","project":"project-a","uid":0}}"#);
        refused(&connection.ask(&request), "denied");
        let fetched = connection.ask(r#"{"op":"fetch","project":"project-b"}"#);
        assert_eq!(fetched["secrets"].as_object().unwrap().keys().collect::<Vec<_>>(), [own]);
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    const COUNT: usize = 2000;
    let instance = Instance::start();
    instance.project("project-a", &["a", "b"]);
    instance.broker.push(&[("a", "value-a"), ("b", "value-b")]);
    let mut connection = instance.broker.raw("project-a");
    let requests: String = (0..COUNT)
        .map(|number| match number % 4 {
            0 => "{\"op\":\"get\",\"name\":\"a\"}\n",
            1 => "{\"op\":\"get\",\"name\":\"b\"}\r\n",
            2 => "{\"op\":\"ping\"}\n",
            _ => "no request\n",
        })
        .collect();
    let mut writer = connection.stream().try_clone().unwrap();
    let sender =
        std::thread::spawn(move || std::io::Write::write_all(&mut writer, requests.as_bytes()).unwrap());
    for number in 0..COUNT {
        let answer = connection.answer();
        match number % 4 {
            0 => assert_eq!(answer["value"], "value-a", "{number}"),
            1 => assert_eq!(answer["value"], "value-b", "{number}"),
            2 => assert_eq!(answer["project"], "project-a", "{number}"),
            _ => assert_eq!(answer["code"], "protocol_error", "{number}"),
        }
    }
    sender.join().unwrap();
}

#[test]
fn a_request_in_single_bytes_and_a_half_closed_connection_are_answered() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "ghp")]);
    let mut connection = instance.broker.raw("project-a");
    for byte in b"{\"op\":\"get\",\"name\":\"gh\"}\n{\"op\":\"ping\"}\n" {
        connection.send(&[*byte]);
    }
    connection.end_sending();
    assert_eq!(connection.answer()["value"], "ghp");
    assert_eq!(connection.answer()["project"], "project-a");
    assert_eq!(connection.line(), None);
}

#[test]
fn a_request_without_its_newline_is_not_answered() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    connection.send(br#"{"op":"ping"}"#);
    connection.end_sending();
    let rest = connection.until_end(remo_testkit::wait::PATIENCE);
    let text = String::from_utf8(rest).unwrap();
    assert!(!text.contains("broker_version"), "{text}");
}

#[test]
fn a_value_of_nearly_a_mebibyte_arrives_whole() {
    let instance = Instance::start();
    instance.project("project-a", &["big"]);
    let value: String =
        (0..1_000_000).map(|number| char::from(b'a' + u8::try_from(number % 26).unwrap())).collect();
    instance.broker.push(&[("big", &value)]);
    let mut connection = instance.broker.raw("project-a");
    assert_eq!(get_value(&mut connection, "big"), value);
    let fetched = connection.ask(r#"{"op":"fetch"}"#);
    assert_eq!(fetched["secrets"]["big"]["value"], Value::from(value));
}

#[test]
fn the_longest_names_work() {
    let instance = Instance::start();
    let project = "p".repeat(64);
    let secret = "s".repeat(128);
    instance.project(&project, &[&secret]);
    instance.broker.push(&[(&secret, "x")]);
    assert_eq!(get_value(&mut instance.broker.raw(&project), &secret), "x");
    assert_eq!(ask(&instance.broker, &project, r#"{"op":"ping"}"#)["project"], Value::from(project));
}
