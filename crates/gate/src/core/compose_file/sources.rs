//! Which further files a Compose file makes Compose read while it is resolved.
//!
//! They are copied before Compose reads anything, so that a link that is exchanged in between leads nowhere.

use serde_json::Value;

use super::unreadable;
use crate::core::flags::Unreadable;

/// Tables of a Compose file. Anything else would be a file of the first format, with services at the top.
const TOP: &[&str] = &["version", "name", "services", "networks", "volumes", "configs", "secrets"];

/// A further file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As written in the file that names it.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// Whether it may be missing.
    pub optional: bool,
    /// Where it is named.
    pub origin: String,
}

/// What a further file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Variables; relative to the project directory.
    Variables,
    /// Another Compose file; relative to the file that names it.
    Compose,
}

/// The files that `file` names.
pub fn named_by(file: &Value) -> Result<Vec<Source>, Unreadable> {
    let mut sources = Vec::new();
    let Some(table) = file.as_object() else {
        return Err(unreadable("file", "is no table"));
    };
    for key in table.keys() {
        if !TOP.contains(&key.as_str()) && !key.starts_with("x-") {
            return Err(unreadable(key, "is not known to the gate"));
        }
    }
    for (name, service) in table.get("services").and_then(Value::as_object).into_iter().flatten() {
        let place = format!("services.{name}");
        if let Some(files) = service.get("env_file") {
            variables(files, &place, &mut sources)?;
        }
        if service.get("label_file").is_some() {
            return Err(unreadable(&place, "label_file is not known to the gate"));
        }
        if let Some(file) = service.get("extends").and_then(|extends| extends.get("file")) {
            let origin = format!("{place}.extends");
            let path = plain(file, &origin)?;
            sources.push(Source { path, kind: SourceKind::Compose, optional: false, origin });
        }
    }
    Ok(sources)
}

fn variables(files: &Value, place: &str, sources: &mut Vec<Source>) -> Result<(), Unreadable> {
    let origin = format!("{place}.env_file");
    let files = match files {
        Value::Null => return Ok(()),
        Value::Array(files) => files.as_slice(),
        one => std::slice::from_ref(one),
    };
    for file in files {
        let (path, optional) = match file {
            Value::Object(table) => {
                let known = |key: &&String| matches!(key.as_str(), "path" | "required" | "format");
                if !table.keys().all(|key| known(&key)) {
                    return Err(unreadable(&origin, "has a key that is not known to the gate"));
                }
                let required = table.get("required").and_then(Value::as_bool).unwrap_or(true);
                (table.get("path").unwrap_or(&Value::Null), !required)
            }
            other => (other, false),
        };
        let path = plain(path, &origin)?;
        sources.push(Source { path, kind: SourceKind::Variables, optional, origin: origin.clone() });
    }
    Ok(())
}

/// A path that is written out: one with a variable in it would be another file for Compose.
fn plain(value: &Value, place: &str) -> Result<String, Unreadable> {
    let text = value.as_str().ok_or_else(|| unreadable(place, "is no path"))?;
    if text.contains(['$', '~', '\\', '\0']) || text.contains("://") {
        return Err(unreadable(place, "a path with a variable, a home or an address in it"));
    }
    Ok(text.to_owned())
}

/// Refuses a `.env` file with words in it that steer Docker or Compose.
///
/// Words, not lines: how lines, quotes and exports are read differs from one Compose to the next.
pub fn check_dot_env(text: &str) -> Result<(), Unreadable> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    for word in words {
        let name = word.to_ascii_uppercase();
        let steers =
            ["DOCKER_", "COMPOSE_", "BUILDKIT_", "BUILDX_"].iter().any(|start| name.starts_with(start));
        // The CLI reads the name of the project by itself and gives it as an option, where it is judged. It
        // reads the list of files, too.
        if steers && !matches!(name.as_str(), "COMPOSE_PROJECT_NAME" | "COMPOSE_FILE" | "COMPOSE_PROFILES") {
            return Err(unreadable(".env", &format!("sets {name}, which steers Docker or Compose")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check_dot_env, named_by};

    #[test]
    fn an_env_file_does_not_steer_in_any_notation() {
        for text in [
            "DOCKER_HOST=tcp://192.0.2.1\n",
            "  export DOCKER_HOST = x\n",
            "'DOCKER_HOST'=x\n",
            "A=1\rDOCKER_CONTEXT=x\r",
            "A=\"\nB\"\nCOMPOSE_API_VERSION: 1\n",
            "\u{feff}DOCKER_TLS_VERIFY=1",
            "docker_host=x",
            "BUILDKIT_HOST=x",
        ] {
            assert!(check_dot_env(text).is_err(), "{text:?}");
        }
        check_dot_env("A=docker\nCOMPOSE_PROJECT_NAME=x\nMY_DOCKER_HOST_NAME=y\n# text\n").unwrap();
    }

    #[test]
    fn every_file_that_compose_would_read_is_named() {
        let file = json!({"services": {
            "a": {"env_file": "a.env"},
            "b": {"env_file": ["b.env", {"path": "c.env", "required": false}]},
            "c": {"extends": {"file": "other.yml", "service": "x"}},
            "d": {"extends": "a"},
        }});
        let named: Vec<String> = named_by(&file).unwrap().into_iter().map(|source| source.path).collect();
        assert_eq!(named, ["a.env", "b.env", "c.env", "other.yml"]);
        for file in [
            json!({"include": ["x.yml"], "services": {}}),
            json!({"services": {"a": {"env_file": "${X:-/etc/passwd}"}}}),
            json!({"services": {"a": {"env_file": "~/x"}}}),
            json!({"services": {"a": {"env_file": {"path": "x", "new": 1}}}}),
            json!({"services": {"a": {"extends": {"file": "https://example.invalid/x"}}}}),
            json!({"services": {"a": {"label_file": "x"}}}),
        ] {
            assert!(named_by(&file).is_err(), "{file}");
        }
    }
}
