//! The keys of a login recipe, out of their schema.

use std::fmt::Write as _;

use remo_vault::login::Recipe;
use serde_json::Value;

use crate::artifacts::Artifacts;
use crate::audit::{kind, sentence};

/// Adds the schema and the page.
pub(crate) fn add(artifacts: &mut Artifacts) -> Result<(), serde_json::Error> {
    let schema = Recipe::json_schema();
    artifacts.add("docs/reference/login-recipe.md", page(&schema));
    artifacts.add("schema/remo-login-recipe.v1.json", serde_json::to_string_pretty(&schema)? + "\n");
    Ok(())
}

/// What is nested below a key of the file, by the name of its type.
const TABLES: [(&str, &str); 8] = [
    ("Question", "[[question]]"),
    ("SeedFile", "[[file]]"),
    ("LoginStep", "[login]"),
    ("Credential", "[credential]"),
    ("Place", "A place: value, fields.NAME, from"),
    ("Expiry", "[expiry]"),
    ("Refresh", "[refresh]"),
    ("Format", "format of a place"),
];

fn page(schema: &Value) -> String {
    let mut page = String::from(
        "# Keys of a login recipe\n\n\
         Made by `cargo xtask gen` from the types that `remo-login` reads; edits here are overwritten.\n\n\
         A recipe is a TOML file and strict: an unknown key is an error that names its line. The schema is \
         `schema/remo-login-recipe.v1.json`; [how to write one](../guides/adding-a-recipe.md) has an example.\n",
    );
    let _ = write!(page, "\n{}\n", sentence(schema));
    table(&mut page, schema, schema);
    for (name, heading) in TABLES {
        let table_schema = &schema["$defs"][name];
        let _ = write!(page, "\n## {heading}\n\n{}\n", sentence(table_schema));
        if table_schema["properties"].is_object() {
            table(&mut page, schema, table_schema);
        } else {
            choices(&mut page, table_schema);
        }
    }
    page.push_str("\n## format of an expiry\n\n");
    choices(&mut page, &schema["$defs"]["TimeFormat"]);
    page
}

fn table(page: &mut String, root: &Value, schema: &Value) {
    page.push_str("\n| key | type | needed | meaning |\n|---|---|---|---|\n");
    let required =
        |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|it| it == key));
    for (key, described) in schema["properties"].as_object().into_iter().flatten() {
        let needed = match &described["default"] {
            _ if required(key) => "yes".to_owned(),
            default @ (Value::Number(_) | Value::Bool(_)) => format!("default `{default}`"),
            Value::String(text) if !text.is_empty() => format!("default `{text}`"),
            _ => String::new(),
        };
        let kind = kind(root, described).replace(" or null", "");
        let meaning = sentence(described).replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(page, "| `{key}` | {kind} | {needed} | {meaning} |");
    }
}

fn choices(page: &mut String, schema: &Value) {
    for choice in schema["oneOf"].as_array().into_iter().flatten() {
        let name = choice["const"].as_str().unwrap_or_default();
        let _ = writeln!(page, "- `{name}`: {}", sentence(choice));
    }
}
