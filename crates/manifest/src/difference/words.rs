//! The words for a binding and for what changed in it.
//!
//! Names and modes were checked by the parser and are shown as they are. Paths may hold any printable ASCII,
//! and templates any character at all: both are escaped.

use std::collections::BTreeMap;

use remo_wire::admin::ManifestSummary;
use remo_wire::binding::{Binding, EnvTarget, FileTarget, Target};

use crate::{helper, quote};

/// A binding in one phrase.
pub(super) fn binding(binding: &Binding) -> String {
    let target = match &binding.target {
        Target::Env(env) => variables(env),
        Target::File(FileTarget { file_path, file_mode, template }) => {
            let content =
                template.as_deref().map_or_else(String::new, |text| format!(", template {}", escaped(text)));
            format!("file {} (mode {file_mode}{content})", shown(file_path))
        }
        Target::Helper(target) => format!("{} ({})", helper::purpose(target), helper::parts(target)),
    };
    format!("{target}, {}", necessity(binding.required))
}

/// Everything that is other than before, one phrase each.
pub(super) fn changes(was: &Binding, now: &Binding) -> Vec<String> {
    let mut changes = Vec::new();
    match (&was.target, &now.target) {
        (Target::Env(was), Target::Env(now)) => environment(was, now, &mut changes),
        (Target::File(was), Target::File(now)) => file(was, now, &mut changes),
        // Of a helper's few words none is left out: what stayed is needed to judge what changed.
        (Target::Helper(was), Target::Helper(now)) if was == now => {}
        _ => {
            changes.push(format!("is now {} (was {})", binding(now), binding(was)));
            return changes;
        }
    }
    if was.required != now.required {
        changes.push(format!("is now {} (was {})", necessity(now.required), necessity(was.required)));
    }
    changes
}

/// Changes of the cache limits and of the format.
pub(super) fn limits(pinned: Option<&ManifestSummary>, file: &ManifestSummary) -> Vec<String> {
    let was = pinned.map(|pinned| pinned.cache);
    let now = file.cache;
    let mut changes = Vec::new();
    let mut compare = |key: &str, was: Option<u32>, now: Option<u32>| {
        if was != now {
            let was = if pinned.is_some() { format!(" (was {})", limit(was)) } else { String::new() };
            changes.push(format!("cache: {key} is now {}{was}", limit(now)));
        }
    };
    compare("default_ttl_seconds", was.and_then(|was| was.default_ttl_seconds), now.default_ttl_seconds);
    compare("default_max_entries", was.and_then(|was| was.default_max_entries), now.default_max_entries);
    if let Some(pinned) = pinned
        && pinned.schema_version != file.schema_version
    {
        changes
            .push(format!("schema_version is now {} (was {})", file.schema_version, pinned.schema_version));
    }
    changes
}

fn limit(limit: Option<u32>) -> String {
    limit.map_or_else(|| "the broker's own".to_owned(), |limit| limit.to_string())
}

fn necessity(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn variables(target: &EnvTarget) -> String {
    match target {
        EnvTarget::Variable { env_var } => format!("variable {env_var}"),
        EnvTarget::Fields { fields } => {
            let pairs: Vec<_> =
                fields.iter().map(|(variable, field)| format!("{variable} = field {field}")).collect();
            format!("variables {}", pairs.join(", "))
        }
    }
}

fn environment(was: &EnvTarget, now: &EnvTarget, changes: &mut Vec<String>) {
    match (was, now) {
        (EnvTarget::Fields { fields: was }, EnvTarget::Fields { fields: now }) => {
            for (variable, field) in now {
                match was.get(variable) {
                    None => changes.push(format!("variable {variable} is new (field {field})")),
                    Some(before) if before != field => {
                        changes
                            .push(format!("variable {variable} is now field {field} (was field {before})"));
                    }
                    Some(_) => {}
                }
            }
            changes.extend(gone(was, now));
        }
        _ if was != now => changes.push(format!("is now {} (was {})", variables(now), variables(was))),
        _ => {}
    }
}

fn gone<'a, V>(
    was: &'a BTreeMap<String, V>,
    now: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = String> + use<'a, V> {
    was.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("variable {name} is gone"))
}

fn file(was: &FileTarget, now: &FileTarget, changes: &mut Vec<String>) {
    let mut compare = |key: &str, was: String, now: String| {
        if was != now {
            changes.push(format!("{key} is now {now} (was {was})"));
        }
    };
    compare("file_path", shown(&was.file_path), shown(&now.file_path));
    compare("file_mode", was.file_mode.clone(), now.file_mode.clone());
    match (&was.template, &now.template) {
        (Some(was), Some(now)) if was != now => changes.push(edited(was, now)),
        (None, Some(now)) => changes.push(format!("is now rendered by template {}", escaped(now))),
        (Some(was), None) => {
            changes.push(format!("is now the value as it is (was template {})", escaped(was)));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

/// The lines of a template that are other than before, in full: what a person approves must be seen, and a
/// digest of it could be made to collide as long as it is short enough to be read.
fn edited(was: &str, now: &str) -> String {
    let was: Vec<&str> = was.split_inclusive('\n').collect();
    let now: Vec<&str> = now.split_inclusive('\n').collect();
    let same = was.iter().zip(&now).take_while(|(was, now)| was == now).count();
    let (was, now) = (was.get(same..).unwrap_or_default(), now.get(same..).unwrap_or_default());
    let tail = was.iter().rev().zip(now.iter().rev()).take_while(|(was, now)| was == now).count();
    let middle = |lines: &[&str]| escaped(&lines.get(..lines.len() - tail).unwrap_or_default().concat());
    format!("template, from line {}, is now {} (was {})", same + 1, middle(now), middle(was))
}

/// Any text in quotes, on one line, nothing but printable ASCII. Never shortened.
fn escaped(text: &str) -> String {
    quote::literal(text)
}

/// A path, never shortened, because every part of it counts. In quotes when it holds anything that could be
/// taken for the words around it, or is invisible at its end.
fn shown(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"~/._-+@".contains(&byte);
    if path.bytes().all(plain) { path.to_owned() } else { quote::literal(path) }
}
