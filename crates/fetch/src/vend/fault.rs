//! Which faults pass by waiting, and which never do.

use std::io::ErrorKind;
use std::time::Duration;

use remo_wire::client::ClientError;
use remo_wire::error::ErrorCode;

use crate::exit_status::ExitStatus;
use crate::failure::Failure;

/// Why there is no response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// May be over in a moment.
    Passing {
        /// What to say when it is not.
        failure: Failure,
        /// How long the broker asks to wait.
        retry_after: Option<Duration>,
    },
    /// Nothing is approved, or not this; only a person can change that.
    Denied(Failure),
    /// Trying again changes nothing.
    Final(Failure),
}

impl Fault {
    /// A fault that may pass.
    pub(crate) fn passing(failure: Failure) -> Self {
        Self::Passing { failure, retry_after: None }
    }

    /// What to say when it is over with trying.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Passing { failure, .. } | Self::Denied(failure) | Self::Final(failure) => failure,
        }
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        let passes = match &error {
            ClientError::Unreachable { source, .. } => matches!(
                source.kind(),
                ErrorKind::NotFound
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionReset
                    | ErrorKind::WouldBlock
                    | ErrorKind::TimedOut
                    | ErrorKind::Interrupted
            ),
            ClientError::Interrupted { .. } => true,
            ClientError::Refused(response) => match response.code {
                ErrorCode::NotFound
                | ErrorCode::InternalError
                | ErrorCode::RateLimited
                | ErrorCode::BackendError
                | ErrorCode::BackendUnreachable => true,
                // Denied, an unexpected peer, another protocol, and whatever later versions add.
                _ => false,
            },
            // Another version, another server, or nothing that speaks the protocol.
            _ => false,
        };
        let retry_after = match &error {
            ClientError::Refused(response) => response.retry_after_seconds.map(Duration::from_secs),
            _ => None,
        };
        let failure = failure(&error);
        if passes {
            Self::Passing { failure, retry_after }
        } else if error.code() == Some(ErrorCode::Denied) {
            Self::Denied(failure)
        } else {
            Self::Final(failure)
        }
    }
}

fn failure(error: &ClientError) -> Failure {
    let because = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    let failure = Failure::new(ExitStatus::Unavailable, format!("{error}{because}"));
    match error {
        ClientError::Unreachable { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            failure.hint("this user may not use the socket: run as the container's remote user")
        }
        ClientError::Unreachable { .. } | ClientError::Interrupted { .. } => failure
            .hint("on the instance: is remo-broker running, and is the project registered with it?"),
        ClientError::Version { .. } => {
            failure.hint("bring the broker and this container's secrets feature to the same version, then rebuild the container")
        }
        ClientError::Refused(response) => match response.code {
            ErrorCode::Denied => failure
                .hint("remo-reload runs on the instance; it shows what the manifest asks for before it approves"),
            ErrorCode::NotFound => {
                failure.hint("in the vault: remo-vault list shows what is stored, remo-vault push loads it again")
            }
            // Not by our own number: the broker may see another one, through a user namespace.
            ErrorCode::PeerUnexpected if response.message.contains("overflow user") => {
                failure.hint("run as a user with a number of its own, such as the container's remote user, or as root")
            }
            ErrorCode::PeerUnexpected => {
                failure.hint("run as the container's remote user or root, or register the project with this user's uid")
            }
            ErrorCode::RateLimited => failure.hint("wait, and look on the instance what asks so often: remo-broker audit"),
            _ => failure,
        },
        ClientError::Malformed { .. } => failure.hint("check --socket: something else listens there"),
        ClientError::Impostor { .. } => {
            failure.hint("check --socket, and on the instance which process listens there")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use remo_wire::error::ErrorResponse;

    use super::*;

    fn refused(code: ErrorCode) -> Fault {
        Fault::from(ClientError::Refused(ErrorResponse::new(code, "words of the broker")))
    }

    fn unreachable(kind: ErrorKind) -> Fault {
        Fault::from(ClientError::Unreachable { path: "/s".into(), source: io::Error::from(kind) })
    }

    #[test]
    fn what_can_heal_passes() {
        for fault in [
            unreachable(ErrorKind::NotFound),
            unreachable(ErrorKind::ConnectionRefused),
            refused(ErrorCode::NotFound),
            refused(ErrorCode::InternalError),
            refused(ErrorCode::RateLimited),
        ] {
            assert!(matches!(fault, Fault::Passing { .. }), "{fault:?}");
        }
    }

    #[test]
    fn what_cannot_heal_is_final_and_says_so_in_its_own_words() {
        let mut seen = Vec::new();
        for fault in [
            unreachable(ErrorKind::PermissionDenied),
            refused(ErrorCode::Denied),
            refused(ErrorCode::PeerUnexpected),
            refused(ErrorCode::ProtocolError),
            Fault::from(ClientError::Version { broker: 3 }),
            Fault::from(ClientError::Malformed { path: "/s".into() }),
        ] {
            assert!(!matches!(fault, Fault::Passing { .. }), "{fault:?}");
            let failure = fault.into_failure();
            assert_eq!(failure.status(), ExitStatus::Unavailable);
            let text = failure.to_string();
            assert!(!seen.contains(&text), "{text}");
            seen.push(text);
        }
    }

    #[test]
    fn the_brokers_patience_is_kept() {
        let response = ErrorResponse::new(ErrorCode::RateLimited, "too many").retry_after(3);
        let Fault::Passing { retry_after, .. } = Fault::from(ClientError::Refused(response)) else {
            panic!()
        };
        assert_eq!(retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn another_version_names_both() {
        let text = Fault::from(ClientError::Version { broker: 3 }).into_failure().to_string();
        assert!(text.contains("version 3") && text.contains("version 2"), "{text}");
    }
}
