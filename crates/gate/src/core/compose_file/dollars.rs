//! The dollar signs of Compose: what is resolved once must not be resolved again.
//!
//! `docker-compose config` doubles the dollars of what it prints, but not of everything (Compose 1.29 leaves
//! those in volumes alone). So a single one is an error, and [`doubled`] doubles every one in what is frozen.

use serde_json::{Map, Value};

use super::unreadable;
use crate::core::flags::Unreadable;

/// The value with `$$` read as `$`. A NUL byte, where other programs would end the text, is an error too.
pub fn single(value: Value, place: &str) -> Result<Value, Unreadable> {
    Ok(match value {
        Value::String(text) => Value::String(single_text(&text, place)?),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| single(item, place)).collect::<Result<_, _>>()?)
        }
        Value::Object(table) => {
            let mut read = Map::new();
            for (key, value) in table {
                if key.contains('\0') {
                    return Err(unreadable(place, "a name with a NUL byte"));
                }
                if key.contains('$') {
                    return Err(unreadable(place, "a name with a dollar sign"));
                }
                let value = single(value, &format!("{place}.{key}"))?;
                read.insert(key, value);
            }
            Value::Object(read)
        }
        other => other,
    })
}

fn single_text(text: &str, place: &str) -> Result<String, Unreadable> {
    if text.contains('\0') {
        return Err(unreadable(place, "a NUL byte"));
    }
    let without = text.replace("$$", "");
    if without.contains('$') {
        return Err(unreadable(place, "a dollar sign that Compose would resolve a second time"));
    }
    Ok(text.replace("$$", "$"))
}

/// The value with every dollar doubled.
#[must_use]
pub fn doubled(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        Value::Array(items) => Value::Array(items.into_iter().map(doubled).collect()),
        Value::Object(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, doubled(value))).collect())
        }
        other => other,
    }
}
