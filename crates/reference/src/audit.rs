//! The events of the audit log, out of their schema.

use std::fmt::Write as _;

use serde_json::Value;

use crate::artifacts::Artifacts;

/// Adds the page.
pub(crate) fn add(artifacts: &mut Artifacts) -> Result<(), serde_json::Error> {
    let schema = serde_json::to_value(remo_broker::audit::schema::json_schema())?;
    artifacts.add("docs/reference/audit.md", page(&schema));
    Ok(())
}

fn page(schema: &Value) -> String {
    let mut page = String::from(
        "# Events of the audit log\n\n\
         Made by `cargo xtask gen` from the types that the broker writes; edits here are overwritten.\n\n\
         Each line of the log is one JSON object with `timestamp` (RFC 3339, UTC) and `event`. No line holds a \
         value of a secret. The schema is `schema/remo-audit.v1.json`; `remo-broker audit` reads the log.\n",
    );
    for event in alternatives(schema) {
        let Some(name) = event["properties"]["event"]["const"].as_str() else { continue };
        let _ = write!(page, "\n## `{name}`\n\n{}\n", sentence(event));
        let fields: Vec<_> = event["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(field, _)| *field != "event" && *field != "timestamp")
            .collect();
        if !fields.is_empty() {
            page.push_str("\n| field | type | meaning |\n|---|---|---|\n");
        }
        for (field, description) in fields {
            let _ = writeln!(
                page,
                "| `{field}` | {} | {} |",
                kind(schema, description),
                sentence(description).replace('\n', " ").replace('|', "\\|")
            );
        }
    }
    page
}

/// The events, wherever the schema lists its alternatives.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten()
}

pub(crate) fn sentence(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The type of a field in a few words.
pub(crate) fn kind(root: &Value, schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return root.pointer(pointer).map(|target| kind(root, target)).unwrap_or_default();
    }
    let constants: Vec<String> = alternatives(schema)
        .map(|alternative| match alternative["const"].as_str() {
            Some(constant) => format!("`{constant}`"),
            None => kind(root, alternative),
        })
        .chain(
            schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|value| format!("`{}`", value.as_str().unwrap_or_default())),
        )
        .collect();
    if !constants.is_empty() {
        return constants.join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("array of {}", self::kind(root, &schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_section_with_its_fields() {
        let schema = serde_json::json!({
            "$defs": { "Decision": { "oneOf": [{ "const": "allow" }, { "const": "deny" }] } },
            "oneOf": [{
                "description": "A project asked.",
                "properties": {
                    "event": { "const": "fetch" },
                    "decision": { "$ref": "#/$defs/Decision", "description": "Within the pin?" },
                    "names": { "type": "array", "items": { "type": "string" } }
                }
            }]
        });
        let page = page(&schema);
        assert!(page.contains("## `fetch`\n\nA project asked."), "{page}");
        assert!(page.contains("| `decision` | `allow` or `deny` | Within the pin? |"), "{page}");
        assert!(page.contains("| `names` | array of string |  |"), "{page}");
    }
}
