//! One request line to a socket of the broker, and its answer: what any client does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;

/// How long an answer may take; the broker's own limits are 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// An answer of the broker.
#[derive(Debug)]
pub(super) struct Answer {
    request: String,
    line: String,
    value: Value,
}

/// Sends `request`, one line of JSON, to the socket at `path`.
pub(super) fn send(path: &Path, request: &str) -> Result<Answer, Failure> {
    let exchange = || {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok::<_, std::io::Error>(line)
    };
    let line = exchange().map_err(Failure::because(format!("no answer from {}", path.display())))?;
    let value = serde_json::from_str(&line)
        .map_err(Failure::because(format!("the answer to {request} is not JSON ({line:?})")))?;
    Ok(Answer { request: request.to_owned(), line, value })
}

impl Answer {
    /// The answer as it came.
    pub(super) fn line(&self) -> &str {
        self.line.trim_end()
    }

    /// A part of it, by a JSON pointer (RFC 6901).
    pub(super) fn part(&self, pointer: &str) -> &Value {
        self.value.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The texts in an array of it.
    pub(super) fn texts(&self, pointer: &str) -> Vec<&str> {
        self.part(pointer).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Fails unless the part at `pointer` is `expected`.
    pub(super) fn has(self, pointer: &str, expected: impl Into<Value>) -> Result<Self, Failure> {
        let expected = expected.into();
        if *self.part(pointer) == expected {
            return Ok(self);
        }
        Err(Failure::new(format!(
            "the answer to {} is not what the story says: {pointer} should be {expected} and is {}",
            self.request,
            self.part(pointer)
        )))
    }
}
