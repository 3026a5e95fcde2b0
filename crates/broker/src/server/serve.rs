//! Reading requests and having them decided.

use std::io::{self, Read};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use remo_secret::Secret;
use remo_wire::admin::AdminRequest;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::framing::{LineAssembler, Step};
use remo_wire::limits::{HALF_LINE_TIMEOUT, PUSH_LINE_MAX, REQUEST_LINE_MAX};

use super::connection::{Phase, Plane};
use super::{Server, Source};
use crate::admin;
use crate::dispatch::project::{Exchange, Verdict};
use crate::dispatch::write_error;
use crate::registry::Spent;

/// Requests of one connection in one turn; the others wait, so that nobody holds up everybody.
const REQUESTS_A_TURN: usize = 16;

/// Answers of one connection in one turn, in bytes, after which its further requests wait.
const ANSWER_BYTES_A_TURN: usize = 64 * 1024;

/// Requests of one project in one turn, over all its connections.
const PROJECT_REQUESTS_A_TURN: usize = 64;

/// Answers of one project in one turn, in bytes, after which its further requests wait.
const PROJECT_BYTES_A_TURN: usize = 128 * 1024;

/// Answers of all connections that are gathered before they are sent, in bytes.
const TURN_BYTES: usize = 1024 * 1024;

/// Input that is thrown away behind a line that was too long, in bytes, before the connection is closed.
const DRAIN_MAX_READS: usize = 64;

/// How long a client that was sent its last answer may go on sending: enough to finish a line that was too long.
pub(super) const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// What to do with a connection after one request.
enum Next {
    Continue,
    Drain,
}

impl Server {
    /// Gives a connection its turn.
    pub(super) fn serve(&mut self, index: usize, now: Instant) {
        if self.has_spent(index) {
            // Its project has had its part of this turn; this connection is among the first of the next.
            return self.queue.push_back(index);
        }
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        connection.queued = false;
        if connection.unsent.is_some() {
            // Its next request is looked at when this answer has been taken.
            return;
        }
        if connection.phase == Phase::Draining {
            return self.drain(index, now);
        }
        // Taken out for the time of this turn: requests act on the whole server.
        let Some(mut scratch) = self.scratch.take() else { return };
        let mut lines = std::mem::replace(&mut connection.lines, LineAssembler::new(0));
        let backlog = connection.backlog.take();
        let id = connection.id;

        let (input, used) = match &backlog {
            Some(backlog) => (backlog.expose(), 0),
            None if connection.readable => match (&connection.stream).read(scratch.expose_mut()) {
                Ok(length) => {
                    connection.ended |= length == 0;
                    // A short read has emptied the socket; the end of the stream may still be behind it.
                    connection.readable =
                        length == scratch.expose().len() || (length > 0 && connection.hung_up);
                    (&scratch.expose()[..length], length)
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    connection.readable = false;
                    (&[][..], 0)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (&[][..], 0),
                Err(_) => {
                    connection.ended = true;
                    connection.readable = false;
                    (&[][..], 0)
                }
            },
            None => (&[][..], 0),
        };
        let mut completed = false;
        let rest = self.process(index, id, &mut lines, input, now, &mut completed);
        let rest = rest.filter(|rest| !rest.is_empty()).map(|rest| Secret::new(rest.to_vec()));
        scratch.wipe_prefix(used);
        self.scratch = Some(scratch);
        self.settle(index, id, lines, rest, now, completed);
    }

    /// Handles the lines of `input` as far as this turn allows. Returns what is left, or `None` when the
    /// input makes no sense any more.
    fn process<'input>(
        &mut self,
        index: usize,
        id: u64,
        lines: &mut LineAssembler,
        mut input: &'input [u8],
        now: Instant,
        completed: &mut bool,
    ) -> Option<&'input [u8]> {
        let mut answered = 0;
        for _ in 0..REQUESTS_A_TURN {
            let start = self.turn.answers.len();
            match lines.next_line(&mut input) {
                Ok(Step::Incomplete) => return Some(&[]),
                Ok(Step::Line(line)) => {
                    *completed = true;
                    if matches!(self.request(index, id, line, now), Next::Drain) {
                        self.begin_draining(index, id);
                        return None;
                    }
                    answered += self.turn.answers.len().saturating_sub(start);
                }
                Err(_) => {
                    self.refuse_long_line(index, id);
                    self.begin_draining(index, id);
                    return None;
                }
            }
            if self.turn.answers.len() > TURN_BYTES {
                self.commit_turn();
            }
            self.spend(index, self.turn.answers.len().saturating_sub(start));
            let stops = self
                .connection(index, id)
                .is_none_or(|connection| connection.unsent.is_some() || connection.phase == Phase::Draining);
            if answered > ANSWER_BYTES_A_TURN || stops || self.has_spent(index) {
                break;
            }
        }
        Some(input)
    }

    /// Puts a connection back in order after its turn. `completed` says that a line came out of it, so that an
    /// incomplete one behind it has just begun.
    fn settle(
        &mut self,
        index: usize,
        id: u64,
        lines: LineAssembler,
        rest: Option<Secret>,
        now: Instant,
        completed: bool,
    ) {
        let Some(connection) = self.connection(index, id) else { return };
        connection.lines = lines;
        connection.backlog = rest;
        let began_before = connection.line_deadline.filter(|_| !completed);
        let is_open = connection.lines.has_partial() && connection.phase != Phase::Draining;
        connection.line_deadline = is_open.then(|| began_before.unwrap_or(now + HALF_LINE_TIMEOUT));
        let again = connection.backlog.is_some() || connection.readable;
        if connection.deadline().is_some() {
            self.set_timer(index);
        }
        if again {
            self.enqueue(index);
        }
        self.finished.push((index, id));
    }

    /// Counts a request and its answer against the project's part of this turn.
    fn spend(&mut self, index: usize, bytes: usize) {
        let turn = self.turn_number;
        if let Some(spent) = self.spent(index) {
            if spent.turn != turn {
                *spent = Spent { turn, requests: 0, bytes: 0 };
            }
            spent.requests += 1;
            spent.bytes += bytes;
        }
    }

    /// Whether the connection's project has had its part of this turn. The control plane has no such limit.
    fn has_spent(&mut self, index: usize) -> bool {
        let turn = self.turn_number;
        self.spent(index).is_some_and(|spent| {
            spent.turn == turn
                && (spent.requests >= PROJECT_REQUESTS_A_TURN || spent.bytes >= PROJECT_BYTES_A_TURN)
        })
    }

    fn spent(&mut self, index: usize) -> Option<&mut Spent> {
        let Some(Source::Connection(connection)) = self.sources.get(index) else { return None };
        let Plane::Project(key) = connection.plane else { return None };
        self.broker.registry.get_mut(key).map(|project| &mut project.spent)
    }

    fn request(&mut self, index: usize, id: u64, line: &[u8], now: Instant) -> Next {
        let Some(connection) = self.connection(index, id) else { return Next::Drain };
        match (connection.plane, connection.phase) {
            (Plane::Admin, _) => self.admin_request(index, id, line),
            (Plane::Project(_), Phase::Watching { .. }) => {
                let message = "this connection watches; send further requests on another one";
                self.stage_error(index, id, &ErrorResponse::new(ErrorCode::ProtocolError, message));
                Next::Drain
            }
            (Plane::Project(_), _) => self.project_request(index, line, now),
        }
    }

    fn project_request(&mut self, index: usize, line: &[u8], now: Instant) -> Next {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return Next::Drain };
        let Plane::Project(key) = connection.plane else { return Next::Drain };
        let Some(project) = self.broker.registry.get_mut(key) else { return Next::Drain };
        let start = self.turn.answers.len();
        let mut exchange = Exchange {
            project,
            store: &self.broker.store,
            config: &self.broker.config,
            audit: &mut self.broker.audit,
            peer: &connection.peer,
            arrived: now,
        };
        match exchange.answer(line, &mut self.turn.answers) {
            Verdict::Plain => self.turn.stage(connection, index, start, false),
            Verdict::CarriesSecret => self.turn.stage(connection, index, start, true),
            Verdict::CarriesView(view) => {
                connection.given = Some(view);
                self.turn.stage(connection, index, start, true);
            }
            Verdict::Watch(seen) => {
                // What it says that it holds counts as far as its container was given it.
                let given = exchange.project.holders.of(connection.peer.container.as_deref());
                let claimed = given.zip(seen).map(|(given, seen)| given.view.min(seen));
                connection.given = connection.given.or(claimed);
                connection.phase = Phase::Watching { seen };
                self.tell_watcher(index);
            }
        }
        Next::Continue
    }

    fn admin_request(&mut self, index: usize, id: u64, line: &[u8]) -> Next {
        let request = match AdminRequest::decode(line) {
            Ok(request) => request,
            Err(error) => {
                self.stage_error(index, id, &error);
                // A line that is too long for anything but a push ends the connection.
                return if line.len() > REQUEST_LINE_MAX { Next::Drain } else { Next::Continue };
            }
        };
        if admin::changes_what_is_vended(&request) {
            self.commit_turn();
        }
        if matches!(request, AdminRequest::Status) {
            self.note_watchers();
        }
        let start = self.turn.answers.len();
        let effects = admin::answer(&mut self.broker, request, &mut self.turn.answers);
        if let Some(Source::Connection(connection)) = self.sources.get(index)
            && connection.id == id
        {
            self.turn.stage(connection, index, start, false);
        }
        self.apply(effects);
        Next::Continue
    }

    fn refuse_long_line(&mut self, index: usize, id: u64) {
        let Some(connection) = self.connection(index, id) else { return };
        let error = match connection.plane {
            Plane::Admin => ErrorResponse::new(
                ErrorCode::PayloadTooLarge,
                format!(
                    "a push-creds request has at most {PUSH_LINE_MAX} bytes; store fewer or smaller secrets"
                ),
            ),
            Plane::Project(_) => ErrorResponse::new(
                ErrorCode::ProtocolError,
                format!("a request has at most {REQUEST_LINE_MAX} bytes"),
            ),
        };
        self.stage_error(index, id, &error);
    }

    pub(super) fn stage_error(&mut self, index: usize, id: u64, error: &ErrorResponse) {
        let start = self.turn.answers.len();
        if let Some(Source::Connection(connection)) = self.sources.get(index)
            && connection.id == id
        {
            write_error(&mut self.turn.answers, error);
            self.turn.stage(connection, index, start, false);
        }
    }

    pub(super) fn begin_draining(&mut self, index: usize, id: u64) {
        let Some(connection) = self.connection(index, id) else { return };
        connection.phase = Phase::Draining;
        connection.backlog = None;
        connection.line_deadline = None;
        self.enqueue(index);
    }

    /// Throws input away until the client is done; gives up on one that never is. The last answer has left by
    /// now, so that the client can see the end behind it.
    fn drain(&mut self, index: usize, now: Instant) {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        // Counted from here: until now the last answer may have waited for its reader, with a limit of its own.
        connection.drain_deadline.get_or_insert(now + DRAIN_LIMIT);
        if let Err(error) = connection.stream.shutdown(Shutdown::Write) {
            log::debug!("a client was gone before the end was told: {error}");
        }
        let Some(mut scratch) = self.scratch.take() else { return };
        let mut used = 0;
        let mut done = connection.ended;
        for _ in 0..DRAIN_MAX_READS {
            match (&connection.stream).read(scratch.expose_mut()) {
                Ok(0) => done = true,
                Ok(length) => {
                    used = used.max(length);
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => connection.readable = false,
                Err(_) => done = true,
            }
            break;
        }
        // After that many reads the client is only feeding us.
        done |= connection.readable;
        scratch.wipe_prefix(used);
        self.scratch = Some(scratch);
        if done {
            let id = connection.id;
            connection.ended = true;
            connection.readable = false;
            self.finished.push((index, id));
        } else {
            self.set_timer(index);
        }
    }
}
