//! One turn of the loop: answers are gathered, put on record together, and only then sent.

use std::io::{self, Write};
use std::time::Instant;

use mio::net::UnixStream;
use mio::{Interest, Token};
use remo_secret::Secret;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::limits::BLOCKED_WRITE_TIMEOUT;

use super::connection::{Connection, Phase, Plane, Unsent};
use super::{Server, Source};
use crate::audit::Recorded;
use crate::dispatch::{project, write_error, write_line};

/// The gathered answers' usual size; a larger buffer is given back after its turn.
const ANSWERS_CAPACITY: usize = 64 * 1024;

/// Answers of this turn, in the order in which they were given.
#[derive(Debug)]
pub(super) struct Turn {
    /// All answers, one after another.
    pub(super) answers: Vec<u8>,
    staged: Vec<Staged>,
}

/// A stretch of answers for one connection.
#[derive(Debug)]
struct Staged {
    index: usize,
    id: u64,
    start: usize,
    end: usize,
    carries_secret: bool,
}

impl Turn {
    /// A turn with room for its answers.
    pub(super) fn with_room() -> Self {
        Self { answers: Vec::with_capacity(ANSWERS_CAPACITY), staged: Vec::new() }
    }

    /// What stands in for the turn while it is sent; it costs nothing to make.
    fn placeholder() -> Self {
        Self { answers: Vec::new(), staged: Vec::new() }
    }

    /// Assigns what was appended since `start` to a connection.
    pub(super) fn stage(
        &mut self,
        connection: &Connection,
        index: usize,
        start: usize,
        carries_secret: bool,
    ) {
        let end = self.answers.len();
        if let Some(last) = self.staged.last_mut()
            && last.id == connection.id
            && last.end == start
        {
            last.end = end;
            last.carries_secret |= carries_secret;
            return;
        }
        self.staged.push(Staged { index, id: connection.id, start, end, carries_secret });
    }

    fn wipe(&mut self) {
        self.staged.clear();
        if self.answers.capacity() > ANSWERS_CAPACITY {
            // The allocator wipes the large one.
            self.answers = Vec::with_capacity(ANSWERS_CAPACITY);
        } else {
            remo_sys::wipe(&mut self.answers);
            self.answers.clear();
        }
    }
}

impl Server {
    /// Puts this turn on record and sends its answers.
    pub(super) fn commit_turn(&mut self) {
        let recorded = self.broker.audit.commit();
        if self.turn.staged.is_empty() {
            return;
        }
        let mut turn = std::mem::replace(&mut self.turn, Turn::placeholder());
        for staged in &turn.staged {
            let answers = &turn.answers[staged.start..staged.end];
            if recorded == Recorded::No && staged.carries_secret {
                self.refuse_unrecorded(staged.index, staged.id);
            } else {
                self.send(staged.index, staged.id, answers, staged.carries_secret);
            }
        }
        turn.wipe();
        self.turn = turn;
    }

    /// `on_failure = "refuse"`: no record, no secret. The connection ends with it: its other answers of this
    /// turn could not be told apart.
    fn refuse_unrecorded(&mut self, index: usize, id: u64) {
        let message = "the audit log cannot be written, and the broker is set to vend nothing then";
        let mut line = Vec::new();
        write_error(&mut line, &ErrorResponse::new(ErrorCode::InternalError, message));
        self.send(index, id, &line, false);
        self.begin_draining(index, id);
    }

    /// Sends `answers` as far as the kernel takes them; the rest waits in the connection. A client that is gone
    /// gets nothing more, but what it asked for before is still looked at.
    fn send(&mut self, index: usize, id: u64, answers: &[u8], carries_secret: bool) {
        let Some(connection) = self.connection(index, id) else { return };
        if connection.gone {
            return;
        }
        let plane = connection.plane;
        if let Some(unsent) = &mut connection.unsent {
            unsent.bytes.append(answers);
            unsent.carries_secret |= carries_secret;
            return self.account_unsent(plane, answers.len(), 0);
        }
        let Ok(taken) = write_some(&connection.stream, answers) else { return self.give_up_sending(index) };
        let waiting = &answers[taken..];
        if waiting.is_empty() {
            return;
        }
        connection.unsent = Some(Box::new(Unsent {
            bytes: Secret::new(waiting.to_vec()),
            taken: 0,
            carries_secret,
            deadline: Instant::now() + BLOCKED_WRITE_TIMEOUT,
        }));
        self.account_unsent(plane, waiting.len(), 0);
        self.set_timer(index);
        self.watch_for_room(index, true);
    }

    /// Goes on sending to a connection that can take more.
    pub(super) fn send_rest(&mut self, index: usize) {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        let plane = connection.plane;
        let Some(unsent) = &mut connection.unsent else { return };
        let sent = write_some(&connection.stream, &unsent.bytes.expose()[unsent.taken..]);
        let Ok(taken) = sent else { return self.give_up_sending(index) };
        unsent.taken += taken;
        let is_done = unsent.waiting() == 0;
        if is_done {
            connection.unsent = None;
        }
        self.account_unsent(plane, 0, taken);
        if is_done {
            self.watch_for_room(index, false);
            // What came in meanwhile, and a view that changed meanwhile.
            self.tell_watcher(index);
            self.enqueue(index);
        }
    }

    /// Nobody takes answers at this connection any more.
    pub(super) fn give_up_sending(&mut self, index: usize) {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        connection.gone = true;
        connection.hung_up = true;
        connection.readable = true;
        let plane = connection.plane;
        let waiting = connection.unsent.take().map_or(0, |unsent| unsent.waiting());
        self.account_unsent(plane, 0, waiting);
        self.enqueue(index);
    }

    /// Asks the kernel to tell when a connection takes more, or not any more. Asked always, it would tell after
    /// every answer that a client reads.
    fn watch_for_room(&mut self, index: usize, wanted: bool) {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        let interest = if wanted { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let changed = self.poll.registry().reregister(&mut connection.stream, Token(index), interest);
        if let Err(error) = changed {
            log::warn!("cannot watch a connection: {error}");
            self.close(index);
        }
    }

    /// Keeps count of what waits for a project's readers.
    pub(super) fn account_unsent(&mut self, plane: Plane, more: usize, less: usize) {
        if let Plane::Project(key) = plane
            && let Some(project) = self.broker.registry.get_mut(key)
        {
            project.unsent = (project.unsent + more).saturating_sub(less);
        }
    }

    /// Stages an event for a watching connection whose view is not the project's any more. A connection that
    /// still has an event to take gets the latest one afterwards.
    pub(super) fn tell_watcher(&mut self, index: usize) {
        let Some(Source::Connection(connection)) = self.sources.get_mut(index) else { return };
        let (Plane::Project(key), Phase::Watching { seen }) = (connection.plane, connection.phase) else {
            return;
        };
        let Some(project) = self.broker.registry.get(key) else { return };
        if seen == Some(project.view) || connection.unsent.is_some() {
            return;
        }
        connection.phase = Phase::Watching { seen: Some(project.view) };
        let start = self.turn.answers.len();
        write_line(&mut self.turn.answers, &project::changed_event(project, &self.broker.store));
        self.turn.stage(connection, index, start, false);
    }
}

/// Writes as much as the kernel takes now; returns how many bytes that was.
fn write_some(mut stream: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    let mut taken = 0;
    while taken < bytes.len() {
        match stream.write(&bytes[taken..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => taken += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}
