//! The one loop that moves bytes: readiness in, requests decided, answers out.
//!
//! One thread owns the broker and every connection, so a change of the snapshot falls between two requests
//! and never into one. The work of one turn is put on record in one write before its answers leave.

mod accept;
mod connection;
mod control;
mod metrics;
mod serve;
mod timers;
mod turn;
mod watchers;

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::UnixListener;
use mio::{Events, Interest, Poll, Token};
use remo_sys::ProtectedRegion;
use slab::Slab;

use crate::admin::{Changed, Effects};
use crate::broker::Broker;
use crate::config::MemoryFailure;
use crate::lifecycle::Signals;
use crate::metrics::Exporter;
use crate::registry::ProjectKey;
use crate::run_directory::ProjectSocket;
use connection::{Connection, Phase, Plane};
use timers::Timers;
use turn::Turn;

pub use control::ReadConfig;

/// Events taken from the kernel at once.
const EVENTS_CAPACITY: usize = 256;

/// One read of any connection, in bytes: a whole request line fits.
const SCRATCH_BYTES: usize = 64 * 1024;

/// How often the loop looks after counted refusals, a failing log and the like while there are any.
const BUSY_INTERVAL: Duration = Duration::from_secs(1);

/// How often it looks after sockets that a container may have removed.
const IDLE_INTERVAL: Duration = Duration::from_secs(10);

/// The first look comes a little after the start: whoever waits for the broker comes first.
const FIRST_HOUSEKEEPING: Duration = Duration::from_millis(100);

/// Descriptors that are left for the control plane, files and the loop itself.
const DESCRIPTORS_KEPT: u64 = 128;

/// Tokens of the signal pipes; connections have small numbers.
const TERMINATE: Token = Token(usize::MAX - 1);
const RELOAD: Token = Token(usize::MAX - 2);

/// What a token stands for.
#[derive(Debug)]
enum Source {
    Listener(Listener),
    Connection(Box<Connection>),
}

#[derive(Debug)]
struct Listener {
    socket: UnixListener,
    plane: Plane,
    queued: bool,
}

/// The broker with its sockets.
pub struct Server {
    broker: Broker,
    poll: Poll,
    sources: Slab<Source>,
    /// Sources that have something to do.
    queue: VecDeque<usize>,
    /// Listeners that could not accept.
    stalled: Vec<usize>,
    /// Connections to look at after the turn: their client may be done.
    finished: Vec<(usize, u64)>,
    timers: Timers,
    turn: Turn,
    /// Which turn this is, from 1 on.
    turn_number: u64,
    /// Where every read goes; taken out while a connection has its turn.
    scratch: Option<ProtectedRegion>,
    next_id: u64,
    admin_connections: usize,
    /// Listeners and connections together, beyond which projects are turned away.
    sources_max: usize,
    signals: Signals,
    read_config: ReadConfig,
    next_housekeeping: Instant,
    next_repair: Instant,
    exporter: Option<Exporter>,
}

impl Server {
    /// A server that listens on the admin socket and on every project's.
    pub fn new(
        broker: Broker,
        admin: std::os::unix::net::UnixListener,
        projects: Vec<(ProjectKey, ProjectSocket)>,
        mut signals: Signals,
        read_config: ReadConfig,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        poll.registry().register(&mut signals.terminate, TERMINATE, Interest::READABLE)?;
        poll.registry().register(&mut signals.reload, RELOAD, Interest::READABLE)?;
        let now = Instant::now();
        let scratch = ProtectedRegion::new(SCRATCH_BYTES)?;
        let protection = scratch.protection();
        if !(protection.locked && protection.undumped) {
            let refused = "the kernel does not lock memory for this process; raise LimitMEMLOCK";
            match broker.config.memory.on_failure {
                MemoryFailure::Warn => log::warn!("{refused}"),
                MemoryFailure::Fatal => return Err(io::Error::new(io::ErrorKind::PermissionDenied, refused)),
            }
        }
        let mut server = Self {
            broker,
            poll,
            sources: Slab::new(),
            queue: VecDeque::new(),
            stalled: Vec::new(),
            finished: Vec::new(),
            timers: Timers::default(),
            turn: Turn::with_room(),
            turn_number: 0,
            scratch: Some(scratch),
            next_id: 0,
            admin_connections: 0,
            sources_max: sources_max(),
            signals,
            read_config,
            next_housekeeping: now + FIRST_HOUSEKEEPING,
            next_repair: now + IDLE_INTERVAL,
            exporter: None,
        };
        server.start_metrics(now);
        admin.set_nonblocking(true)?;
        server.listen(UnixListener::from_std(admin), Plane::Admin)?;
        for (key, socket) in projects {
            server.listen(UnixListener::from_std(socket.listener), Plane::Project(key))?;
        }
        Ok(server)
    }

    /// Serves until a signal ends it.
    pub fn run(mut self) -> io::Result<()> {
        self.broker.service_manager.ready();
        let mut events = Events::with_capacity(EVENTS_CAPACITY);
        loop {
            match self.poll.poll(&mut events, Some(self.wait_time())) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            let now = Instant::now();
            self.broker.service_manager.beat(now);
            self.broker.audit.begin_turn();
            let mut terminate = false;
            for event in &events {
                match event.token() {
                    TERMINATE => terminate = true,
                    RELOAD => self.reload_config(),
                    token => self.note(token.0, event),
                }
            }
            self.work(now);
            if terminate {
                return self.shut_down();
            }
        }
    }

    /// One turn: everything in the queue once, then the record and the answers, then what is due.
    fn work(&mut self, now: Instant) {
        if !self.queue.is_empty() {
            // Whatever happens now may leave something to do soon.
            self.next_housekeeping = self.next_housekeeping.min(now + BUSY_INTERVAL);
        }
        self.turn_number += 1;
        for _ in 0..self.queue.len() {
            let Some(index) = self.queue.pop_front() else { break };
            match self.sources.get(index) {
                Some(Source::Listener(_)) => self.accept(index, now),
                Some(Source::Connection(_)) => self.serve(index, now),
                None => {}
            }
        }
        self.expire(now);
        self.commit_turn();
        self.close_finished();
        // Behind the answers, so that it sees what this turn left to do.
        self.keep_house(now);
        self.commit_turn();
    }

    fn wait_time(&self) -> Duration {
        if !self.queue.is_empty() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let timers = self.timers.next().unwrap_or(self.next_repair);
        let metrics = self.exporter.as_ref().map_or(self.next_repair, Exporter::next);
        let next = timers.min(self.next_housekeeping).min(self.next_repair).min(metrics);
        let next = self.broker.service_manager.next_beat().map_or(next, |beat| beat.min(next));
        next.saturating_duration_since(now)
    }

    /// Takes note of what the kernel says about a source.
    fn note(&mut self, index: usize, event: &Event) {
        match self.sources.get_mut(index) {
            Some(Source::Listener(listener)) if listener.queued => {}
            Some(Source::Listener(listener)) => {
                listener.queued = true;
                self.queue.push_back(index);
            }
            Some(Source::Connection(connection)) => {
                if event.is_write_closed() || event.is_error() {
                    return self.give_up_sending(index);
                }
                connection.hung_up |= event.is_read_closed();
                let sends = event.is_writable() && connection.unsent.is_some();
                if event.is_readable() || event.is_read_closed() {
                    connection.readable = true;
                    self.enqueue(index);
                }
                if sends {
                    self.send_rest(index);
                }
            }
            None => {}
        }
    }

    fn listen(&mut self, mut socket: UnixListener, plane: Plane) -> io::Result<()> {
        let entry = self.sources.vacant_entry();
        let index = entry.key();
        self.poll.registry().register(&mut socket, Token(index), Interest::READABLE)?;
        entry.insert(Source::Listener(Listener { socket, plane, queued: true }));
        // Clients may have connected before the socket was watched.
        self.queue.push_back(index);
        Ok(())
    }

    /// Does what an admin operation asks for.
    fn apply(&mut self, effects: Effects) {
        if let Some(key) = effects.close {
            self.dismiss_watchers(key);
            self.close_all(|plane, _| plane == Plane::Project(key));
            self.unlisten(key);
        }
        if let Some(key) = effects.judge_again {
            let allowed = self.broker.registry.get(key).map(|project| project.allowed_uids.clone());
            let allowed = allowed.unwrap_or_default();
            self.close_all(|plane, connection| {
                plane == Plane::Project(key) && !connection.peer.is_expected(&allowed)
            });
        }
        for (key, socket) in effects.listen {
            self.unlisten(key);
            if let Err(error) = self.listen(UnixListener::from_std(socket.listener), Plane::Project(key)) {
                log::error!("cannot listen on a project's socket: {error}");
            }
        }
        let concerns = |plane: Plane| match effects.changed {
            Changed::Nothing => false,
            Changed::Everything => plane != Plane::Admin,
            Changed::Project(key) => plane == Plane::Project(key),
        };
        if effects.changed == Changed::Nothing {
            return;
        }
        // What an older snapshot answered and a slow reader has not taken goes with its connection.
        self.close_all(|plane, connection| {
            concerns(plane) && connection.unsent.as_ref().is_some_and(|unsent| unsent.carries_secret)
        });
        let watchers: Vec<usize> = self
            .sources
            .iter()
            .filter(|(_, source)| match source {
                Source::Connection(connection) => {
                    concerns(connection.plane) && matches!(connection.phase, Phase::Watching { .. })
                }
                Source::Listener(_) => false,
            })
            .map(|(index, _)| index)
            .collect();
        for index in watchers {
            self.tell_watcher(index);
        }
    }

    /// Stops listening for a project.
    fn unlisten(&mut self, key: ProjectKey) {
        let listening: Vec<usize> = self
            .sources
            .iter()
            .filter(|(_, source)| matches!(source, Source::Listener(listener) if listener.plane == Plane::Project(key)))
            .map(|(index, _)| index)
            .collect();
        for index in listening {
            self.sources.remove(index);
        }
    }

    fn close_all(&mut self, choose: impl Fn(Plane, &Connection) -> bool) {
        let chosen: Vec<usize> = self
            .sources
            .iter()
            .filter(|(_, source)| {
                matches!(source, Source::Connection(connection) if choose(connection.plane, connection))
            })
            .map(|(index, _)| index)
            .collect();
        for index in chosen {
            self.close(index);
        }
    }

    /// Closes a connection; what it held is wiped.
    fn close(&mut self, index: usize) {
        if !matches!(self.sources.get(index), Some(Source::Connection(_))) {
            return;
        }
        let Source::Connection(connection) = self.sources.remove(index) else { return };
        match connection.plane {
            Plane::Admin => self.admin_connections -= 1,
            Plane::Project(key) => {
                if let Some(project) = self.broker.registry.get_mut(key) {
                    project.connections = project.connections.saturating_sub(1);
                    let waiting = connection.unsent.as_ref().map_or(0, |unsent| unsent.waiting());
                    project.unsent = project.unsent.saturating_sub(waiting);
                }
            }
        }
    }

    fn close_finished(&mut self) {
        // Its room is kept for the next turn.
        let mut finished = std::mem::take(&mut self.finished);
        for (index, id) in finished.drain(..) {
            if self.connection(index, id).is_some_and(|connection| connection.is_finished()) {
                self.close(index);
            }
        }
        self.finished = finished;
    }

    fn connection(&mut self, index: usize, id: u64) -> Option<&mut Connection> {
        match self.sources.get_mut(index) {
            Some(Source::Connection(connection)) if connection.id == id => Some(connection),
            _ => None,
        }
    }

    /// Gives a connection a place in the queue, once.
    fn enqueue(&mut self, index: usize) {
        if let Some(Source::Connection(connection)) = self.sources.get_mut(index)
            && !connection.queued
        {
            connection.queued = true;
            self.queue.push_back(index);
        }
    }
}

/// How many sources the limit of open files allows.
fn sources_max() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit.saturating_sub(DESCRIPTORS_KEPT)).unwrap_or(usize::MAX)
    })
}
