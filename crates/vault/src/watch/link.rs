//! The connection to the broker: held open, so that its end is noticed, and made again with growing pauses.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use log::{info, warn};
use remo_wire::client::{Client, ClientError};

use super::stop::Interrupt;
use super::timing::Pause;
use crate::failure::chain;

/// First and longest pause between two attempts to connect. A returning socket is noticed by its folder's
/// events as well, so the longest pause counts only where those are missing.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// How long a connection must have lasted before its end counts as the first trouble. A broker that answers
/// and closes at once is in trouble all the time, and each connection costs it and us a whole round.
const STEADY: Duration = Duration::from_secs(10);

/// How long a connection may take: it waits only while the broker's queue is full.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the broker may take for one answer: it answers within milliseconds, and while it does not, this
/// process listens to nothing but the signal to stop.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The broker, in reach or not.
#[derive(Debug)]
pub(super) struct Link {
    socket: PathBuf,
    interrupt: Interrupt,
    client: Option<Client>,
    connected_at: Instant,
    pause: Pause,
    retry_at: Instant,
    /// Whether the broker's absence was logged.
    absence_logged: bool,
    /// What is wrong, until the broker has answered.
    problem: Option<String>,
}

impl Link {
    /// A link that is due to connect at once.
    pub(super) fn new(socket: &Path, interrupt: Interrupt) -> Self {
        Self {
            socket: socket.to_owned(),
            interrupt,
            client: None,
            connected_at: Instant::now(),
            pause: Pause::new(PAUSE.0, PAUSE.1),
            retry_at: Instant::now(),
            absence_logged: false,
            problem: None,
        }
    }

    /// The connection, while there is one.
    pub(super) fn client(&mut self) -> Option<&mut Client> {
        self.client.as_mut()
    }

    /// The connection, to wait on.
    pub(super) fn connected(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// When to try to connect; `None` while connected.
    pub(super) fn due(&self) -> Option<Instant> {
        self.client.is_none().then_some(self.retry_at)
    }

    /// Connects when that is due; whether there is a new connection.
    pub(super) fn connect_when_due(&mut self, now: Instant) -> bool {
        if self.due().is_none_or(|due| due > now) {
            return false;
        }
        match self.connect() {
            Ok(client) => {
                self.client = Some(client);
                self.connected_at = now;
                true
            }
            Err(error) => {
                self.lost(&error);
                false
            }
        }
    }

    fn connect(&self) -> Result<Client, ClientError> {
        let mut client = Client::connect_within(&self.socket, CONNECT_TIMEOUT)?;
        client.answer_within(ANSWER_TIMEOUT);
        let ready = client.stream().set_write_timeout(Some(ANSWER_TIMEOUT));
        ready
            .and_then(|()| self.interrupt.guard(client.stream()))
            .map_err(|source| ClientError::Interrupted { path: self.socket.clone(), source })?;
        Ok(client)
    }

    /// Something happened to the socket: tries again at once.
    pub(super) fn hurry(&mut self) {
        self.pause.reset();
        self.retry_at = Instant::now();
    }

    /// Why the broker is out of reach; `None` while it is not.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The broker has answered on this connection.
    pub(super) fn proven(&mut self) {
        self.problem = None;
        if self.absence_logged {
            self.absence_logged = false;
            info!("the broker answers at {}", self.socket.display());
        }
    }

    /// The connection is of no more use. Logged once until the broker answers again.
    pub(super) fn lost(&mut self, error: &ClientError) {
        self.interrupt.release();
        if self.client.take().is_some() && self.connected_at.elapsed() >= STEADY {
            self.pause.reset();
        }
        self.retry_at = Instant::now() + self.pause.grow();
        self.problem = Some(chain(error));
        if !self.absence_logged && !self.interrupt.is_stopped() {
            self.absence_logged = true;
            warn!("{}; waiting for it", chain(error));
        }
    }

    /// The broker has ended the connection between two requests.
    pub(super) fn ended(&mut self) {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the broker closed it");
        self.lost(&ClientError::Interrupted { path: self.socket.clone(), source });
    }
}
