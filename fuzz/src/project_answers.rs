//! What a project socket has to answer, line by line.
//!
//! Whether a line is a request, and which, is asked of the same decoder that the broker uses; the committed
//! vectors hold that one to account. What is checked here is everything behind it: framing, order, the decision
//! and the answer.

use std::collections::BTreeMap;

use remo_wire::PROTOCOL_VERSION;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::limits::REQUEST_LINE_MAX;
use remo_wire::project::{
    ChangedEvent, FetchedSecrets, InfoResponse, PingResponse, ProjectRequest, VendedSecret,
};
use serde::de::DeserializeOwned;

use crate::delivery::lines;
use crate::instance::{APPROVED, Instance, UNAPPROVED};
use crate::tripwire::{ABSENT, PINNED};

/// What a project may know at the moment.
#[derive(Debug)]
pub struct Knowledge {
    info: InfoResponse,
}

/// What the answer to one line has to be.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Refusal(ErrorCode),
    /// Exactly this one.
    Error(ErrorResponse),
    Ping,
    Info,
    Value(&'static str),
    Everything,
    Event,
}

impl Knowledge {
    /// Asks the instance, whose projects and snapshot have just been restored.
    pub fn of(instance: &Instance, project: &str) -> Self {
        let info = instance.project(project).info().expect("a project's info");
        assert_eq!(info.project.as_str(), project);
        let names: Vec<_> = info.allowlist.iter().map(remo_wire::names::SecretName::as_str).collect();
        let pinned: &[&str] = if project == APPROVED { &["aws", "gh", "key", ABSENT] } else { &[] };
        assert_eq!(names, pinned);
        assert_eq!(names.len(), info.bindings.len());
        Self { info }
    }

    /// Whether the stream would be left open as a stream of events: then something has to end it.
    pub fn is_left_watching(&self, stream: &[u8]) -> bool {
        self.due(stream).1
    }

    /// Checks all answers to a stream of requests.
    pub fn check(&self, stream: &[u8], answers: &[&[u8]]) {
        let (due, watching) = self.due(stream);
        assert!(!watching, "the conversation would not have ended");
        assert_eq!(due.len(), answers.len(), "{} answers are due, {} came", due.len(), answers.len());
        let mut before = None;
        for pair in due.iter().zip(answers) {
            // Repetitions of the same answer to the same line cost time and show nothing.
            if before.replace(pair) != Some(pair) {
                self.check_one(pair.0, pair.1);
            }
        }
    }

    /// What is due, and whether the connection watches at the end of the input.
    fn due(&self, stream: &[u8]) -> (Vec<Due>, bool) {
        let (lines, tail) = lines(stream);
        let (mut due, mut watching) = (Vec::new(), false);
        for line in lines {
            if line.len() > REQUEST_LINE_MAX || watching {
                due.push(Due::Refusal(ErrorCode::ProtocolError));
                return (due, false);
            }
            match ProjectRequest::decode(line) {
                Err(error) => due.push(Due::Error(error)),
                Ok(ProjectRequest::Watch { view }) => {
                    watching = true;
                    if view != Some(self.info.view) {
                        due.push(Due::Event);
                    }
                }
                Ok(ProjectRequest::Ping) => due.push(Due::Ping),
                Ok(ProjectRequest::Info) => due.push(Due::Info),
                Ok(ProjectRequest::Fetch) if self.is_approved() => due.push(Due::Everything),
                Ok(ProjectRequest::Fetch) => due.push(Due::Refusal(ErrorCode::Denied)),
                Ok(ProjectRequest::Get { name }) => due.push(self.due_for(name.as_str())),
            }
        }
        if tail.len() > REQUEST_LINE_MAX {
            due.push(Due::Refusal(ErrorCode::ProtocolError));
            return (due, false);
        }
        (due, watching)
    }

    fn due_for(&self, name: &str) -> Due {
        if !self.is_approved() {
            return Due::Refusal(ErrorCode::Denied);
        }
        match PINNED.iter().find(|(pinned, ..)| *pinned == name) {
            Some((name, ..)) => Due::Value(name),
            None if name == ABSENT => Due::Refusal(ErrorCode::NotFound),
            None => Due::Refusal(ErrorCode::Denied),
        }
    }

    fn is_approved(&self) -> bool {
        assert!([APPROVED, UNAPPROVED].contains(&self.info.project.as_str()));
        self.info.project.as_str() == APPROVED
    }

    fn check_one(&self, due: &Due, answer: &[u8]) {
        match due {
            Due::Refusal(code) => assert_eq!(read::<ErrorResponse>(answer).code, *code),
            Due::Error(error) => assert_eq!(read::<ErrorResponse>(answer), *error),
            Due::Ping => {
                let ping: PingResponse = read(answer);
                assert_eq!((ping.protocol_version, &ping.project), (PROTOCOL_VERSION, &self.info.project));
            }
            Due::Info => assert_eq!(read::<InfoResponse>(answer), self.info),
            Due::Event => {
                let event: ChangedEvent = read(answer);
                assert_eq!((event.view, event.generation), (self.info.view, self.info.generation));
            }
            Due::Value(name) => {
                let vended: VendedSecret = read(answer);
                let (_, kind, value) =
                    PINNED.iter().find(|(pinned, ..)| pinned == name).expect("a name of the pin");
                assert_eq!((vended.kind, vended.value.expose()), (*kind, *value));
                assert_eq!(vended.generation, self.info.generation);
                assert!(vended.ttl_seconds <= 900, "a lease of {} s", vended.ttl_seconds);
            }
            Due::Everything => {
                let fetched: FetchedSecrets = read(answer);
                assert_eq!((fetched.view, fetched.generation), (self.info.view, self.info.generation));
                assert_eq!(fetched.bindings, self.info.bindings);
                assert!(fetched.missing.iter().map(remo_wire::names::SecretName::as_str).eq([ABSENT]));
                let values: BTreeMap<_, _> = fetched
                    .secrets
                    .iter()
                    .map(|(name, secret)| (name.as_str(), (secret.kind, secret.value.expose())))
                    .collect();
                assert!(PINNED.iter().map(|(name, kind, value)| (*name, (*kind, *value))).eq(values));
            }
        }
    }
}

/// Reads an answer of one type; a later version may add fields, and the decoder ignores them.
fn read<T: DeserializeOwned>(answer: &[u8]) -> T {
    serde_json::from_slice(answer)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(answer).escape_debug()))
}
