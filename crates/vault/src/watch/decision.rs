//! Whether to push: a pure decision over what the broker says and what was pushed before.

use remo_wire::admin::StatusResponse;

use super::digest::Digest;

/// The last push that the broker took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pushed {
    pub(super) digest: Digest,
    pub(super) instance_id: String,
    pub(super) generation: u64,
}

/// A push that the broker refused, and would refuse again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedPush {
    pub(super) digest: Digest,
    pub(super) instance_id: String,
    /// What the broker said, in one line.
    pub(super) problem: String,
}

/// What a broker has: when this is another one, somebody else has pushed, cleared or started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) instance_id: String,
    pub(super) generation: u64,
    pub(super) cleared: bool,
}

impl From<&StatusResponse> for Seen {
    fn from(status: &StatusResponse) -> Self {
        Self {
            instance_id: status.instance_id.clone(),
            generation: status.generation,
            cleared: status.cleared,
        }
    }
}

/// What to do with the present content of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The broker has something else, or nothing.
    Push,
    /// The broker has this from us already.
    UpToDate,
    /// The broker was cleared on purpose.
    Cleared,
    /// This broker refused exactly this content.
    RefusedBefore,
}

/// Decides what to do with content of this `digest`.
pub(super) fn decide(
    status: &StatusResponse,
    pushed: Option<&Pushed>,
    refused: Option<&RefusedPush>,
    digest: Digest,
) -> Decision {
    if status.cleared {
        return Decision::Cleared;
    }
    if refused.is_some_and(|refused| refused.digest == digest && refused.instance_id == status.instance_id) {
        return Decision::RefusedBefore;
    }
    let up_to_date = pushed.is_some_and(|pushed| {
        pushed.digest == digest
            && pushed.instance_id == status.instance_id
            && pushed.generation == status.generation
    });
    if up_to_date { Decision::UpToDate } else { Decision::Push }
}

#[cfg(test)]
mod tests {
    use remo_wire::admin::PushPayload;

    use super::super::digest::Digester;
    use super::*;

    fn digest() -> Digest {
        Digester::new().unwrap().digest(&PushPayload::default()).unwrap()
    }

    fn status(instance_id: &str, generation: u64, cleared: bool) -> StatusResponse {
        serde_json::from_value(serde_json::json!({
            "ok": true, "broker_version": "1", "protocol_version": 2, "instance_id": instance_id,
            "uptime_seconds": 0, "secret_count": 0, "secrets_loaded_at": null, "cleared": cleared,
            "generation": generation, "projects": [],
        }))
        .unwrap()
    }

    #[test]
    fn pushes_unless_the_same_broker_has_exactly_this() {
        let digest = digest();
        let pushed = Pushed { digest, instance_id: "one".into(), generation: 7 };
        let with = |status: &StatusResponse, digest| decide(status, Some(&pushed), None, digest);
        assert_eq!(decide(&status("one", 7, false), None, None, digest), Decision::Push);
        assert_eq!(with(&status("one", 7, false), digest), Decision::UpToDate);
        assert_eq!(with(&status("one", 7, false), self::digest()), Decision::Push);
        assert_eq!(with(&status("two", 7, false), digest), Decision::Push);
        assert_eq!(with(&status("one", 8, false), digest), Decision::Push);
    }

    #[test]
    fn never_pushes_after_a_clear() {
        assert_eq!(decide(&status("one", 8, true), None, None, digest()), Decision::Cleared);
    }

    #[test]
    fn what_was_refused_is_not_offered_to_the_same_broker_again() {
        let digest = digest();
        let refused = RefusedPush { digest, instance_id: "one".into(), problem: String::new() };
        let with = |status: &StatusResponse, digest| decide(status, None, Some(&refused), digest);
        assert_eq!(with(&status("one", 7, false), digest), Decision::RefusedBefore);
        assert_eq!(with(&status("one", 7, false), self::digest()), Decision::Push);
        assert_eq!(with(&status("two", 7, false), digest), Decision::Push);
    }
}
