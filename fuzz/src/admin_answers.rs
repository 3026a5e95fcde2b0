//! What the admin socket has to answer, line by line.

use remo_wire::admin::AdminRequest;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::limits::PUSH_LINE_MAX;
use serde_json::Value;

use crate::delivery::lines;

/// Codes that a request may get which could be read. `internal_error` is not among them: nothing fails in a
/// private directory, and no input may make the broker believe so.
const CODES: &[ErrorCode] = &[
    ErrorCode::ManifestInvalid,
    ErrorCode::ManifestNotFound,
    ErrorCode::ManifestChanged,
    ErrorCode::ProjectUnknown,
    ErrorCode::ProjectExists,
    ErrorCode::InvalidPayload,
    ErrorCode::PayloadTooLarge,
];

/// What the answer to one line has to be.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Refusal(ErrorCode),
    /// Exactly this one.
    Error(ErrorResponse),
    /// Whatever the operation answers.
    Answer,
}

/// What has to come of a stream of requests.
#[derive(Debug)]
pub struct Expectation {
    due: Vec<Due>,
    changes: bool,
}

impl Expectation {
    /// Reads a stream of requests.
    pub fn of(stream: &[u8]) -> Self {
        let mut expectation = Self { due: Vec::new(), changes: false };
        expectation.read(stream);
        expectation
    }

    /// Whether a request may change what the broker holds.
    pub fn changes_something(&self) -> bool {
        self.changes
    }

    fn read(&mut self, stream: &[u8]) {
        let (lines, tail) = lines(stream);
        for line in lines {
            if line.len() > PUSH_LINE_MAX {
                return self.due.push(Due::Refusal(ErrorCode::PayloadTooLarge));
            }
            match AdminRequest::decode(line) {
                Ok(request) => {
                    self.changes |= remo_broker::admin::changes_what_is_vended(&request);
                    self.due.push(Due::Answer);
                }
                Err(error) => {
                    let last = error.code == ErrorCode::PayloadTooLarge;
                    self.due.push(Due::Error(error));
                    if last {
                        return;
                    }
                }
            }
        }
        if tail.len() > PUSH_LINE_MAX {
            self.due.push(Due::Refusal(ErrorCode::PayloadTooLarge));
        }
    }

    /// Checks all answers.
    pub fn check(&self, answers: &[&[u8]]) {
        let (due, came) = (self.due.len(), answers.len());
        assert_eq!(due, came, "{due} answers are due, {came} came");
        let mut before = None;
        for (due, answer) in self.due.iter().zip(answers) {
            // Repetitions of the same answer to the same line cost time and show nothing.
            if before.replace((due, answer)) == Some((due, answer)) {
                continue;
            }
            let answer: Value = serde_json::from_slice(answer).expect("an answer is one JSON value");
            let error = match answer.get("ok") {
                Some(Value::Bool(true)) => None,
                _ => Some(
                    serde_json::from_value::<ErrorResponse>(answer)
                        .expect("an answer without ok is an error"),
                ),
            };
            match (due, error) {
                (Due::Refusal(code), Some(error)) => assert_eq!(error.code, *code),
                (Due::Error(due), Some(error)) => assert_eq!(error, *due),
                (Due::Answer, Some(error)) => assert!(CODES.contains(&error.code), "{error}"),
                (Due::Answer, None) => {}
                (due, None) => panic!("{due:?} is due, and the answer is ok"),
            }
        }
    }
}
