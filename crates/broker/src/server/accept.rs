//! Taking connections in, and turning away those that may not be here.

use std::io::{self, Write};
use std::time::Instant;

use mio::net::UnixStream;
use mio::{Interest, Token};
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::framing::LineAssembler;
use remo_wire::limits::{PUSH_LINE_MAX, REQUEST_LINE_MAX};

use super::connection::{Connection, Phase, Plane};
use super::{Server, Source};
use crate::audit::Event;
use crate::dispatch::write_error;
use crate::peer::{OVERFLOW_UID, Peer};
use crate::registry::ProjectKey;

/// Connections of one socket in one turn; the others wait in the kernel.
const ACCEPTS_A_TURN: usize = 32;

impl Server {
    /// Takes in what waits at a listening socket.
    pub(super) fn accept(&mut self, index: usize, now: Instant) {
        for _ in 0..ACCEPTS_A_TURN {
            let Some(Source::Listener(listener)) = self.sources.get_mut(index) else { return };
            let plane = listener.plane;
            match listener.socket.accept() {
                Ok((stream, _)) => self.admit(stream, plane, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    listener.queued = false;
                    return;
                }
                Err(error) => {
                    // No descriptor, no memory, or a client that is gone already. Tried again with the next
                    // housekeeping, when connections may have ended.
                    log::warn!("cannot accept a connection: {error}");
                    self.stalled.push(index);
                    return;
                }
            }
        }
        self.queue.push_back(index);
    }

    fn admit(&mut self, stream: UnixStream, plane: Plane, now: Instant) {
        let Ok(peer) = Peer::of(&stream) else { return };
        let refused = match plane {
            Plane::Admin => self.judge_admin(),
            Plane::Project(key) => self.judge_project(key, &peer, now),
        };
        if let Err(error) = refused {
            // No answer before its record, this one too.
            self.broker.audit.commit();
            turn_away(&stream, &error);
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        let limit = if plane == Plane::Admin { PUSH_LINE_MAX } else { REQUEST_LINE_MAX };
        let index = self.sources.insert(Source::Connection(Box::new(Connection {
            id,
            stream,
            plane,
            peer,
            phase: Phase::Requests,
            given: None,
            lines: LineAssembler::new(limit),
            backlog: None,
            unsent: None,
            line_deadline: None,
            drain_deadline: None,
            readable: true,
            hung_up: false,
            gone: false,
            ended: false,
            queued: false,
            timed: None,
        })));
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        let watched = self.poll.registry().register(&mut connection.stream, Token(index), Interest::READABLE);
        if let Err(error) = watched {
            log::warn!("cannot watch a connection: {error}");
            self.sources.remove(index);
            return;
        }
        match plane {
            Plane::Admin => self.admin_connections += 1,
            Plane::Project(key) => {
                if let Some(project) = self.broker.registry.get_mut(key) {
                    project.connections += 1;
                }
            }
        }
        self.enqueue(index);
    }

    /// Who may reach the admin socket is decided by its mode and group.
    fn judge_admin(&self) -> Result<(), ErrorResponse> {
        if self.admin_connections < self.broker.config.limits.admin_connections as usize {
            return Ok(());
        }
        Err(too_many(self.broker.config.limits.admin_connections as usize))
    }

    fn judge_project(&mut self, key: ProjectKey, peer: &Peer, now: Instant) -> Result<(), ErrorResponse> {
        let Some(project) = self.broker.registry.get_mut(key) else {
            return Err(ErrorResponse::new(ErrorCode::InternalError, "the project is gone"));
        };
        let flood = &mut project.flood;
        if !peer.is_expected(&project.allowed_uids) {
            if let Some(count) = flood.unexpected.note(now) {
                self.broker.audit.record(&Event::peer_unexpected(project.name.as_str(), peer, count));
            }
            flood.unexpected_peer = Some(peer.clone());
            let message = if peer.uid == OVERFLOW_UID {
                format!(
                    "the overflow user {OVERFLOW_UID} is never let in, because the kernel shows every user without a \
                     number of its own here as this one"
                )
            } else {
                format!(
                    "user {} is not recorded for the project {}; the launcher records the container's user when it \
                     registers the project",
                    peer.uid, project.name
                )
            };
            return Err(ErrorResponse::new(ErrorCode::PeerUnexpected, message));
        }
        let limit = self.broker.config.limits.project_connections as usize;
        // The control plane keeps working when all projects together use up the descriptors.
        if project.connections >= limit || self.sources.len() >= self.sources_max {
            if let Some(count) = flood.crowded.note(now) {
                let name = project.name.as_str();
                self.broker.audit.record(&Event::RateLimited { project: name, reason: "connections", count });
            }
            return Err(too_many(limit.min(self.sources_max)));
        }
        Ok(())
    }
}

fn too_many(limit: usize) -> ErrorResponse {
    let message = format!("the limit of {limit} connections is reached; close some");
    ErrorResponse::new(ErrorCode::RateLimited, message).retry_after(1)
}

/// Writes one error line to a fresh connection, whose empty buffer takes it, and closes it.
fn turn_away(mut stream: &UnixStream, error: &ErrorResponse) {
    let mut line = Vec::new();
    write_error(&mut line, error);
    if let Err(error) = stream.write_all(&line) {
        log::debug!("a refused client was gone before it was told: {error}");
    }
}
