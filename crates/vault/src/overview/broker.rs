//! What is shown of the broker.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::Facts;
use crate::exit::ExitStatus;

/// Whether the broker can be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokerState {
    /// It answers.
    Answers,
    /// It does not answer.
    Unreachable,
    /// It speaks another protocol, or another version of it.
    OtherProtocol,
    /// It answers with an error.
    Refuses,
}

/// The broker. Everything but `socket`, `state`, `problem` and `hint` is `None` unless it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokerView {
    /// The admin socket.
    pub socket: PathBuf,
    /// Whether it can be talked to.
    pub state: BrokerState,
    /// What is wrong, when it does not answer as it should.
    pub problem: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// Version of its build.
    pub version: Option<String>,
    /// The protocol version that it speaks.
    pub protocol_version: Option<u32>,
    /// How long it has been running.
    pub uptime_seconds: Option<u64>,
    /// Generation of its snapshot.
    pub generation: Option<u64>,
    /// How many secrets it holds.
    pub secret_count: Option<u64>,
    /// When they were pushed; `None` as well while it holds none.
    pub loaded_at: Option<Timestamp>,
    /// Whether it is empty because somebody cleared it.
    pub cleared: Option<bool>,
}

impl BrokerView {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut view = Self {
            socket: facts.admin_socket.clone(),
            state: BrokerState::Answers,
            problem: None,
            hint: None,
            version: None,
            protocol_version: None,
            uptime_seconds: None,
            generation: None,
            secret_count: None,
            loaded_at: None,
            cleared: None,
        };
        match &facts.broker {
            Ok(answers) => {
                let status = &answers.status;
                view.version = Some(status.broker_version.clone());
                view.protocol_version = Some(status.protocol_version);
                view.uptime_seconds = Some(status.uptime_seconds);
                view.generation = Some(status.generation);
                view.secret_count = Some(status.secret_count);
                view.loaded_at = status.secrets_loaded_at.as_deref().and_then(|time| time.parse().ok());
                view.cleared = Some(status.cleared);
            }
            Err(trouble) => {
                view.state = match trouble.status {
                    ExitStatus::Unreachable => BrokerState::Unreachable,
                    ExitStatus::Protocol => BrokerState::OtherProtocol,
                    _ => BrokerState::Refuses,
                };
                view.problem = Some(trouble.problem.clone());
                view.hint.clone_from(&trouble.hint);
            }
        }
        view
    }

    /// Whether it answers.
    pub fn answers(&self) -> bool {
        self.state == BrokerState::Answers
    }
}
