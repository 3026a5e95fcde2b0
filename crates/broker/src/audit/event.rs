//! What an audit line says. No event carries a value or raw input.

use std::borrow::Cow;

use serde::Serialize;

use crate::peer::Peer;

/// One line of the audit log, as its schema describes it; [`Event::append_line`] writes it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Record<'a> {
    /// When, RFC 3339 in UTC with milliseconds.
    pub timestamp: &'a str,
    /// What.
    #[serde(flatten)]
    pub event: &'a Event<'a>,
}

/// Whether a fetch attempt was within what is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Within.
    Allow,
    /// Not within.
    Deny,
}

/// How a fetch attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The value was handed out.
    Ok,
    /// Refused.
    Denied,
    /// Allowed, but not in the snapshot.
    NotFound,
}

/// What happened.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event")]
pub enum Event<'a> {
    /// A project asked for one secret. A `fetch` is one of these for every secret of the pin.
    #[serde(rename = "fetch")]
    Fetch {
        /// The project whose socket was used.
        project: &'a str,
        /// The name that was asked for; `null` when it is no valid name or when a `fetch` was denied as a whole.
        secret_name: Option<&'a str>,
        /// Within what is approved?
        decision: Decision,
        /// How it ended.
        outcome: Outcome,
        /// Why, in a few words.
        reason: &'a str,
        /// Process that asked.
        peer_pid: i32,
        /// Its user.
        peer_uid: u32,
        /// Its container, when its control group tells.
        #[serde(skip_serializing_if = "Option::is_none")]
        container: Option<&'a str>,
        /// Generation of the snapshot.
        generation: u64,
        /// From the request's arrival to its answer, in milliseconds.
        latency_ms: f64,
    },
    /// A snapshot was taken over.
    #[serde(rename = "secrets.pushed")]
    SecretsPushed {
        /// How many secrets it holds.
        secret_count: u64,
        /// Its generation.
        generation: u64,
    },
    /// The store was emptied.
    #[serde(rename = "secrets.cleared")]
    SecretsCleared {
        /// The generation of the empty store.
        generation: u64,
    },
    /// A project was registered.
    #[serde(rename = "project.registered")]
    ProjectRegistered {
        /// The project.
        project: &'a str,
        /// Its canonical path.
        project_path: Cow<'a, str>,
        /// Users besides root who may use its socket.
        allowed_uids: Vec<u32>,
        /// Whether a pin is in force.
        approved: bool,
    },
    /// A project was unregistered.
    #[serde(rename = "project.unregistered")]
    ProjectUnregistered {
        /// The project.
        project: &'a str,
    },
    /// A manifest was approved.
    #[serde(rename = "manifest.approved")]
    ManifestApproved {
        /// The project.
        project: &'a str,
        /// What it adds or changes, in words.
        added: &'a [String],
        /// What it removes, in words.
        removed: &'a [String],
        /// SHA-256 of the approved file.
        sha256: &'a str,
    },
    /// A manifest could not be approved because it is invalid.
    #[serde(rename = "manifest.invalid")]
    ManifestInvalid {
        /// The project.
        project: &'a str,
        /// How many problems it has.
        problem_count: u64,
    },
    /// Connections of users that are not recorded for the project were refused.
    #[serde(rename = "peer.unexpected")]
    PeerUnexpected {
        /// The project.
        project: &'a str,
        /// The latest process.
        peer_pid: i32,
        /// Its user.
        peer_uid: u32,
        /// Its container, when its control group tells.
        #[serde(skip_serializing_if = "Option::is_none")]
        container: Option<&'a str>,
        /// How many since the last such line.
        count: u64,
    },
    /// Requests or connections of a project were refused because there were too many.
    #[serde(rename = "rate.limited")]
    RateLimited {
        /// The project.
        project: &'a str,
        /// Which limit: `requests` or `connections`.
        reason: &'a str,
        /// How many since the last such line.
        count: u64,
    },
    /// A project's socket was gone or replaced, and was made again.
    #[serde(rename = "socket.recovered")]
    SocketRecovered {
        /// The project.
        project: &'a str,
    },
    /// Events that could not be written, and for which there was no room to wait.
    #[serde(rename = "audit.lost")]
    AuditLost {
        /// How many.
        count: u64,
    },
    /// The broker is ready.
    #[serde(rename = "started")]
    Started {
        /// Version of its build.
        broker_version: &'a str,
        /// How many projects were restored.
        projects: u64,
    },
    /// The broker ends.
    #[serde(rename = "shutdown")]
    Shutdown {
        /// What made it end.
        reason: &'a str,
    },
}

impl<'a> Event<'a> {
    /// A `peer.unexpected` event.
    pub fn peer_unexpected(project: &'a str, peer: &'a Peer, count: u64) -> Self {
        Self::PeerUnexpected {
            project,
            peer_pid: peer.pid,
            peer_uid: peer.uid,
            container: peer.container.as_deref(),
            count,
        }
    }
}
