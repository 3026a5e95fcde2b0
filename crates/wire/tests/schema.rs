//! Every good vector conforms to the JSON Schema of its group, and what the schema must exclude does not.
//!
//! The check is a small one over the keywords that our generator emits; it stops at any other, so that no
//! rule is passed over. (The validators that exist as crates would be the largest dependency by far.)

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::fs;
use std::path::Path;

use remo_wire::names::{FieldName, ProjectName, SecretName};
use remo_wire::schema::json_schema;
use serde_json::{Value, json};

fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        SecretName::PATTERN => SecretName::new(text).is_ok(),
        FieldName::PATTERN => FieldName::new(text).is_ok(),
        ProjectName::PATTERN => ProjectName::new(text).is_ok(),
        _ => panic!("the check does not know the pattern {pattern}"),
    }
}

fn is_of_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => panic!("the check does not know the type {name}"),
    }
}

fn object_conforms(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(object) = value.as_object() else { return true };
    object.iter().all(|(key, field)| {
        let mut known = false;
        let named = schema["properties"].get(key).is_none_or(|rule| {
            known = true;
            conforms(root, rule, field)
        });
        let patterned =
            schema["patternProperties"].as_object().into_iter().flatten().all(|(pattern, rule)| {
                let applies = matches_pattern(pattern, key);
                known |= applies;
                !applies || conforms(root, rule, field)
            });
        let further =
            known || schema.get("additionalProperties").is_none_or(|rule| conforms(root, rule, field));
        named && patterned && further
    })
}

fn conforms(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(always) = schema.as_bool() {
        return always;
    }
    let count =
        |rules: &Value| rules.as_array().unwrap().iter().filter(|rule| conforms(root, rule, value)).count();
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "format" | "default" | "contentEncoding" => true,
        "$ref" => {
            conforms(root, root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap(), value)
        }
        "anyOf" => count(rule) > 0,
        "oneOf" => count(rule) == 1,
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "type" => match rule {
            Value::String(name) => is_of_type(name, value),
            _ => rule.as_array().unwrap().iter().any(|name| is_of_type(name.as_str().unwrap(), value)),
        },
        "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
        "properties" | "patternProperties" | "additionalProperties" => object_conforms(root, schema, value),
        "minProperties" => {
            value.as_object().is_none_or(|object| object.len() as u64 >= rule.as_u64().unwrap())
        }
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| conforms(root, rule, item))),
        "uniqueItems" => value
            .as_array()
            .is_none_or(|items| (1..items.len()).all(|end| !items[..end].contains(&items[end]))),
        "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
        "maximum" => value.as_u64().is_none_or(|number| number <= rule.as_u64().unwrap()),
        "pattern" => value.as_str().is_none_or(|text| matches_pattern(rule.as_str().unwrap(), text)),
        _ => panic!("the check does not know the keyword {keyword}"),
    })
}

fn conforms_to(group: &str, value: &Value) -> bool {
    let schema = json_schema();
    conforms(&schema, &schema["$defs"][group], value)
}

#[test]
fn every_good_message_conforms_to_its_group() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for (plane, prefix) in [("project", "ProjectPlane"), ("admin", "AdminPlane")] {
        for entry in fs::read_dir(vectors.join(plane).join("good")).unwrap() {
            let path = entry.unwrap().path();
            let message: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let is_request = path.to_str().unwrap().ends_with(".request.json");
            let [own, other] = if is_request { ["Request", "Response"] } else { ["Response", "Request"] };
            assert!(conforms_to(&format!("{prefix}{own}"), &message), "{}", path.display());
            assert!(!conforms_to(&format!("{prefix}{other}"), &message), "{}", path.display());
        }
    }
}

#[test]
fn what_is_no_message_does_not_conform() {
    for (group, message) in [
        ("ProjectPlaneRequest", json!({"op": "status"})),
        ("ProjectPlaneRequest", json!({"op": "get"})),
        ("ProjectPlaneRequest", json!({"op": "watch", "view": -1})),
        ("ProjectPlaneResponse", json!({"ok": true})),
        ("ProjectPlaneResponse", json!({"ok": true, "kind": "scalar", "ttl_seconds": 1, "generation": 1})),
        (
            "ProjectPlaneResponse",
            json!({"ok": true, "value": "a", "value_b64": "", "kind": "scalar", "ttl_seconds": 1, "generation": 1}),
        ),
        ("ProjectPlaneResponse", json!({"ok": false, "code": "invented", "message": ""})),
        ("ProjectPlaneResponse", json!({"ok": true, "code": "denied", "message": ""})),
        ("AdminPlaneRequest", json!({"op": "register", "name": "A", "project_path": "/a"})),
        ("AdminPlaneRequest", json!({"op": "register", "name": "a"})),
        ("AdminPlaneRequest", json!({"op": "push-creds"})),
        ("AdminPlaneRequest", json!({"op": "push-creds", "secrets": {"a-b": "x"}})),
        ("AdminPlaneRequest", json!({"op": "push-creds", "secrets": {"a": 1}})),
        ("AdminPlaneRequest", json!({"op": "push-creds", "secrets": {"a": {}}})),
        ("AdminPlaneRequest", json!({"op": "push-creds", "secrets": {"a": {"1": "x"}}})),
        ("AdminPlaneRequest", json!({"op": "push-creds", "secrets": {"a": {"$b64": "", "x": ""}}})),
    ] {
        assert!(!conforms_to(group, &message), "{group} {message}");
    }
}

/// The admin plane has no operation that returns a value (section 3).
#[test]
fn no_answer_of_the_admin_plane_has_a_field_for_a_value() {
    let schema = json_schema();
    let mut visited = Vec::new();
    let mut waiting = vec!["AdminPlaneResponse".to_owned()];
    while let Some(name) = waiting.pop() {
        let text = schema["$defs"][&name].to_string();
        assert!(!text.contains(r#""value":"#) && !text.contains(r#""value_b64":"#), "{name}");
        visited.push(name);
        for (_, rest) in text.match_indices("#/$defs/").map(|(at, found)| text.split_at(at + found.len())) {
            let referred = rest.split('"').next().unwrap().to_owned();
            if !visited.contains(&referred) && !waiting.contains(&referred) {
                waiting.push(referred);
            }
        }
    }
    assert!(visited.len() > 10, "the references were followed: {visited:?}");
    // The same look finds the field where it is.
    assert!(schema["$defs"]["GetResponse"].to_string().contains(r#""value":"#));
}
