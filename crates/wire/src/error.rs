//! Error responses and their codes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ok::OkFalse;

/// Why a request was refused. Codes of both planes share one type; each variant says where it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// Project plane: not in the allowlist, or the project is not approved yet.
    Denied,
    /// Project plane: allowed, but not in the snapshot.
    NotFound,
    /// Project plane: too many denied requests, too much audit volume, or too many connections.
    RateLimited,
    /// Project plane: the peer's user is not recorded for this project.
    PeerUnexpected,
    /// Both planes: the line is not a request of this protocol version.
    ProtocolError,
    /// Both planes: the broker could not do its part; its log says more.
    InternalError,
    /// Reserved.
    BackendError,
    /// Reserved.
    BackendUnreachable,
    /// Admin plane: the manifest has problems; the message names all of them.
    ManifestInvalid,
    /// Admin plane: there is no manifest.
    ManifestNotFound,
    /// Admin plane: the manifest is another than `expect_sha256` names.
    ManifestChanged,
    /// Admin plane: no such project is registered.
    ProjectUnknown,
    /// Admin plane: a project of this name is registered at another path.
    ProjectExists,
    /// Admin plane: a field of the request is missing or unusable.
    InvalidPayload,
    /// Admin plane: the line is longer than its operation may be.
    PayloadTooLarge,
    /// Never sent: what a client reads when a later broker of this version answers with a code that was
    /// added since.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl ErrorCode {
    /// The code as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::PeerUnexpected => "peer_unexpected",
            Self::ProtocolError => "protocol_error",
            Self::InternalError => "internal_error",
            Self::BackendError => "backend_error",
            Self::BackendUnreachable => "backend_unreachable",
            Self::ManifestInvalid => "manifest_invalid",
            Self::ManifestNotFound => "manifest_not_found",
            Self::ManifestChanged => "manifest_changed",
            Self::ProjectUnknown => "project_unknown",
            Self::ProjectExists => "project_exists",
            Self::InvalidPayload => "invalid_payload",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// An error response. Its message names no value and repeats no raw input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorResponse {
    /// Always `false`.
    pub ok: OkFalse,
    /// Why.
    pub code: ErrorCode,
    /// The problem and what to do about it, for a person.
    pub message: String,
    /// Seconds after which the same request may succeed, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

impl ErrorResponse {
    /// An error response without a time to wait.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { ok: OkFalse, code, message: message.into(), retry_after_seconds: None }
    }

    /// Adds the time to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}
