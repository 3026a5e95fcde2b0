//! The blocking client that every part of the product uses.
//!
//! A response has no size limit: it is read to its newline. Responses may hold values, so they are
//! kept in [`Secret`] buffers.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use remo_secret::Secret;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use crate::PROTOCOL_VERSION;
use crate::admin::{AdminRequest, StatusResponse};
use crate::error::ErrorResponse;
use crate::project::{
    ChangedEvent, FetchedSecrets, InfoResponse, PingResponse, ProjectRequest, VendedSecret,
};

pub use error::ClientError;
use pending::Pending;

mod error;
mod pending;

/// How long a client waits for an answer unless told otherwise: longer than the broker's own limits.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// The system takes a time limit of zero for none.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// Size of one read, in bytes.
const CHUNK: usize = 16 * 1024;

/// A connection to one of the broker's sockets.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    path: PathBuf,
    timeout: Duration,
    pending: Pending,
}

impl Client {
    /// Connects to the socket at `path`; each answer may take [`DEFAULT_TIMEOUT`].
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        Self::connect_within(path, DEFAULT_TIMEOUT)
    }

    /// Connects to the socket at `path`; connecting, sending a request and waiting for its answer may take
    /// `timeout` each.
    pub fn connect_within(path: &Path, timeout: Duration) -> Result<Self, ClientError> {
        let timeout = timeout.max(SHORTEST_TIMEOUT);
        let stream = connect(path, timeout).map_err(|source| ClientError::Unreachable {
            path: path.to_owned(),
            source: timed_out(source),
        })?;
        Ok(Self { stream, path: path.to_owned(), timeout, pending: Pending::new() })
    }

    /// Refuses a server that runs as another user than `broker_uid`: a project's run directory may
    /// have been written by its container.
    pub fn require_server_uid(&self, broker_uid: u32) -> Result<(), ClientError> {
        let uid = remo_sys::peer_credentials(&self.stream).map_err(|source| self.interrupted(source))?.uid;
        if uid == broker_uid { Ok(()) } else { Err(ClientError::Impostor { path: self.path.clone(), uid }) }
    }

    /// From now on each answer may take `timeout`.
    pub fn answer_within(&mut self, timeout: Duration) {
        self.timeout = timeout.max(SHORTEST_TIMEOUT);
    }

    /// The socket that the client is connected to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection itself, to wait on it beside other descriptors.
    pub fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// `ping`, refusing another protocol version.
    pub fn ping(&mut self) -> Result<PingResponse, ClientError> {
        self.request_versioned(&ProjectRequest::Ping)
    }

    /// `info`.
    pub fn info(&mut self) -> Result<InfoResponse, ClientError> {
        self.request(&ProjectRequest::Info)
    }

    /// `get`.
    pub fn get(&mut self, name: &str) -> Result<VendedSecret, ClientError> {
        self.request(&ProjectRequest::get(name))
    }

    /// `fetch`.
    pub fn fetch(&mut self) -> Result<FetchedSecrets, ClientError> {
        self.request(&ProjectRequest::Fetch)
    }

    /// `status`, refusing another protocol version.
    pub fn status(&mut self) -> Result<StatusResponse, ClientError> {
        self.request_versioned(&AdminRequest::Status)
    }

    /// Begins a `watch`; events come from [`Client::next_event`].
    pub fn watch(&mut self, view: Option<u64>) -> Result<(), ClientError> {
        self.send(&ProjectRequest::Watch { view })
    }

    /// The next event of a `watch`, or `None` when `wait` has passed without one.
    pub fn next_event(&mut self, wait: Duration) -> Result<Option<ChangedEvent>, ClientError> {
        match self.receive_line(wait) {
            Ok(line) => self.parse(&line).map(Some),
            Err(ClientError::Interrupted { source, .. }) if source.kind() == io::ErrorKind::TimedOut => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends one request and reads its answer.
    pub fn request<Q: Serialize, A: for<'de> Deserialize<'de>>(
        &mut self,
        request: &Q,
    ) -> Result<A, ClientError> {
        self.send(request)?;
        let line = self.receive_line(self.timeout)?;
        self.parse(&line)
    }

    /// As [`Client::request`], for an answer that states the protocol version. That is read first: the
    /// answer of another version may have other fields.
    fn request_versioned<Q: Serialize, A: for<'de> Deserialize<'de>>(
        &mut self,
        request: &Q,
    ) -> Result<A, ClientError> {
        #[derive(Deserialize)]
        struct Versioned {
            protocol_version: u32,
        }
        self.send(request)?;
        let line = self.receive_line(self.timeout)?;
        match serde_json::from_slice(line.expose()) {
            Ok(Versioned { protocol_version }) if protocol_version != PROTOCOL_VERSION => {
                Err(ClientError::Version { broker: protocol_version })
            }
            _ => self.parse(&line),
        }
    }

    /// Sends one request without waiting for its answer.
    pub fn send<Q: Serialize>(&mut self, request: &Q) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(request)
            .map_err(|error| self.interrupted(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        line.push(b'\n');
        let line = Secret::new(line);
        match self.stream.write_all(line.expose()) {
            Ok(()) => Ok(()),
            // The broker may have answered and closed (a line too long, too many connections): the answer
            // is still there to be read and says more than the broken connection. The system says reset
            // when the broker had left part of the request unread.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
            {
                Ok(())
            }
            Err(error) => Err(self.interrupted(timed_out(error))),
        }
    }

    /// Reads one line, without its newline, within `wait`. What arrived of a line that is not complete by
    /// then is kept for the next call.
    pub fn receive_line(&mut self, wait: Duration) -> Result<Secret, ClientError> {
        // Without a deadline when the wait is longer than the clock can say.
        let deadline = Instant::now().checked_add(wait);
        let mut expired = false;
        loop {
            if let Some(line) = self.pending.take_line() {
                return Ok(line);
            }
            if expired {
                return Err(self.interrupted(timed_out(io::ErrorKind::WouldBlock.into())));
            }
            let left = deadline.map_or(wait, |deadline| deadline.saturating_duration_since(Instant::now()));
            // Once the time is over, what has arrived meanwhile is still read.
            expired = left.is_zero();
            self.read_chunk(left.max(SHORTEST_TIMEOUT))?;
        }
    }

    /// Reads once, waiting at most `wait`.
    fn read_chunk(&mut self, wait: Duration) -> Result<(), ClientError> {
        let mut chunk = [0; CHUNK];
        let read = self.stream.set_read_timeout(Some(wait)).and_then(|()| self.stream.read(&mut chunk));
        match read {
            Ok(0) => {
                Err(self.interrupted(io::Error::new(io::ErrorKind::UnexpectedEof, "the broker closed it")))
            }
            Ok(length) => {
                self.pending.append(&chunk[..length]);
                chunk[..length].zeroize();
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(self.interrupted(timed_out(error))),
        }
    }

    fn parse<A: for<'de> Deserialize<'de>>(&self, line: &Secret) -> Result<A, ClientError> {
        if let Ok(response) = serde_json::from_slice(line.expose()) {
            return Ok(response);
        }
        match serde_json::from_slice::<ErrorResponse>(line.expose()) {
            Ok(response) => Err(ClientError::Refused(response)),
            Err(_) => Err(ClientError::Malformed { path: self.path.clone() }),
        }
    }

    fn interrupted(&self, source: io::Error) -> ClientError {
        ClientError::Interrupted { path: self.path.clone(), source }
    }
}

/// Connects within `timeout`: a broker that hangs with a full queue would block without end.
fn connect(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // The limit on sending holds for connecting too, see unix(7).
    set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
    rustix::io::retry_on_intr(|| rustix::net::connect(&socket, &address))?;
    Ok(UnixStream::from(socket))
}

/// Names a time limit for what it is: the system says only that the call would block.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        io::Error::new(io::ErrorKind::TimedOut, "the broker did not answer in time")
    } else {
        error
    }
}
