//! Reading an audit log.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::wait;

/// All complete lines of the log, in order; none when there is no file.
///
/// # Panics
/// When a line is not a JSON object.
pub fn lines(path: &Path) -> Vec<Value> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    };
    let complete = memchr::memrchr(b'\n', &content).map_or(0, |last| last + 1);
    content[..complete]
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let value: Value = serde_json::from_slice(line)
                .unwrap_or_else(|error| panic!("a line of {} is no JSON: {error}", path.display()));
            assert!(value.is_object(), "a line of {} is no object", path.display());
            value
        })
        .collect()
}

/// The lines of one event.
///
/// # Panics
/// As [`lines`].
pub fn events(path: &Path, event: &str) -> Vec<Value> {
    lines(path).into_iter().filter(|line| line["event"] == event).collect()
}

/// Waits until at least one line of `event` satisfies `condition`, and returns the first.
///
/// # Panics
/// When none comes within [`wait::PATIENCE`].
pub fn wait_for(path: &Path, event: &str, condition: impl Fn(&Value) -> bool) -> Value {
    wait::until(wait::PATIENCE, &format!("the audit event {event}"), || {
        events(path, event).into_iter().find(|line| condition(line))
    })
}
