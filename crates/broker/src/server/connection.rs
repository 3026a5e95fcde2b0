//! One connection: what arrived and is not processed, what is answered and not taken.

use std::time::Instant;

use mio::net::UnixStream;
use remo_secret::Secret;
use remo_wire::framing::LineAssembler;

use crate::peer::Peer;
use crate::registry::ProjectKey;

/// Which socket a connection came in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    /// The control plane.
    Admin,
    /// One project's data plane.
    Project(ProjectKey),
}

/// What a connection is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Requests and answers.
    Requests,
    /// A stream of events; the client knows this view.
    Watching {
        /// `None` when the client knows none.
        seen: Option<u64>,
    },
    /// The last answer is written, then the rest of the input is thrown away until the client is done: a
    /// close with unread input could take the answer from a client that is still sending.
    Draining,
}

/// Answers that wait for a slow reader.
#[derive(Debug)]
pub(super) struct Unsent {
    /// All bytes; those before `taken` are with the kernel.
    pub(super) bytes: Secret,
    /// How many bytes the kernel has taken.
    pub(super) taken: usize,
    /// Whether a value is among them.
    pub(super) carries_secret: bool,
    /// When the connection is given up.
    pub(super) deadline: Instant,
}

impl Unsent {
    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.taken
    }
}

/// A connection of either plane.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one descriptor, each named")]
pub(super) struct Connection {
    /// Different for every connection: an index of the table is used again.
    pub(super) id: u64,
    pub(super) stream: UnixStream,
    pub(super) plane: Plane,
    pub(super) peer: Peer,
    pub(super) phase: Phase,
    /// The view that its process holds by what was answered on it, or may hold by what its container was given.
    pub(super) given: Option<u64>,
    pub(super) lines: LineAssembler,
    /// Input that has been read and waits for its turn.
    pub(super) backlog: Option<Secret>,
    pub(super) unsent: Option<Box<Unsent>>,
    /// When an incomplete line is given up.
    pub(super) line_deadline: Option<Instant>,
    /// When draining is given up.
    pub(super) drain_deadline: Option<Instant>,
    /// The kernel may have more input.
    pub(super) readable: bool,
    /// The kernel has said that the client shut down its sending side; input may still be there.
    pub(super) hung_up: bool,
    /// Both directions are closed: nobody takes an answer. Requests that had arrived still count.
    pub(super) gone: bool,
    /// All input has been read.
    pub(super) ended: bool,
    /// Already in the queue of this turn or the next.
    pub(super) queued: bool,
    /// When the earliest timer of this connection is due.
    pub(super) timed: Option<Instant>,
}

impl Connection {
    /// The next moment at which this connection is given up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unsent = self.unsent.as_ref().map(|unsent| unsent.deadline);
        [self.line_deadline, self.drain_deadline, unsent].into_iter().flatten().min()
    }

    /// Whether nothing more will come of it: the client is done sending and has every answer.
    pub(super) fn is_finished(&self) -> bool {
        self.ended
            && self.unsent.is_none()
            && self.backlog.is_none()
            && !self.readable
            && (self.gone || !matches!(self.phase, Phase::Watching { .. }))
    }
}
