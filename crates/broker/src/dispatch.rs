//! Decisions about requests: pure functions from what is known to an answer and its record. No input or
//! output happens here; the `server` room moves the bytes.

pub mod manifest_state;
pub mod project;

use remo_wire::error::ErrorResponse;
use serde::Serialize;

/// Appends one response line to the answers of this turn.
///
/// Writing into memory fails only for types that JSON cannot express, which wire types are not; should it
/// happen all the same, the answer is an error and not half a line.
pub fn write_line<T: Serialize>(answers: &mut Vec<u8>, response: &T) {
    let start = answers.len();
    if serde_json::to_writer(&mut *answers, response).is_err() {
        answers.truncate(start);
        answers.extend_from_slice(
            br#"{"ok":false,"code":"internal_error","message":"no answer could be written"}"#,
        );
    }
    answers.push(b'\n');
}

/// Appends one error line.
pub fn write_error(answers: &mut Vec<u8>, error: &ErrorResponse) {
    write_line(answers, error);
}
