//! Why the watcher ends by itself.

use std::fmt;
use std::io;
use std::path::PathBuf;

use remo_wire::client::ClientError;

/// Why the watcher ended by itself.
#[derive(Debug)]
pub enum WatchError {
    /// What answers is not a broker of this protocol version.
    Protocol(ClientError),
    /// Another watcher of the store lives.
    AlreadyRunning {
        /// The store.
        store: PathBuf,
    },
    /// The system refuses what the watcher cannot do without.
    System {
        /// What was attempted.
        attempt: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for WatchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(formatter),
            Self::AlreadyRunning { store } => {
                write!(formatter, "another watcher of {} is running", store.display())
            }
            Self::System { attempt, .. } => write!(formatter, "cannot {attempt}"),
        }
    }
}

impl std::error::Error for WatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => error.source(),
            Self::AlreadyRunning { .. } => None,
            Self::System { source, .. } => Some(source),
        }
    }
}

pub(super) fn system<E: Into<io::Error>>(attempt: &'static str) -> impl FnOnce(E) -> WatchError {
    move |source| WatchError::System { attempt, source: source.into() }
}
