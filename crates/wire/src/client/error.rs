//! Why a request has no answer.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::PROTOCOL_VERSION;
use crate::error::{ErrorCode, ErrorResponse};

/// Why a request has no answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody answers at this path.
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke while a request was under way.
    Interrupted {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server's process belongs to another user than the broker.
    Impostor {
        /// The socket.
        path: PathBuf,
        /// The user of the process that listens there.
        uid: u32,
    },
    /// The broker speaks another protocol version.
    Version {
        /// The broker's.
        broker: u32,
    },
    /// What came back is not a response of this protocol.
    Malformed {
        /// The socket.
        path: PathBuf,
    },
    /// The broker answered with an error.
    Refused(ErrorResponse),
}

impl ClientError {
    /// The broker's error code, when it answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(response) => Some(response.code),
            _ => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { path, .. } => {
                write!(formatter, "cannot reach the broker at {}", path.display())
            }
            Self::Interrupted { path, .. } => {
                write!(formatter, "the connection to the broker at {} broke", path.display())
            }
            Self::Impostor { path, uid } => {
                write!(
                    formatter,
                    "the process that listens at {} belongs to user {uid}, not to the broker",
                    path.display()
                )
            }
            Self::Version { broker } => write!(
                formatter,
                "the broker speaks protocol version {broker}, this program version {PROTOCOL_VERSION}"
            ),
            Self::Malformed { path } => {
                write!(formatter, "what answers at {} does not speak the broker's protocol", path.display())
            }
            Self::Refused(response) => response.fmt(formatter),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } | Self::Interrupted { source, .. } => Some(source),
            _ => None,
        }
    }
}
