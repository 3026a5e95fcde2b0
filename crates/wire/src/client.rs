//! The blocking client that every part of the product uses.
//!
//! A response has no size limit: it is read to its newline. Responses may hold values, so they are
//! kept in [`Secret`] buffers.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use memchr::memchr;
use remo_secret::Secret;
use serde::{Deserialize, Serialize};

use crate::PROTOCOL_VERSION;
use crate::admin::{AdminRequest, StatusResponse};
use crate::error::{ErrorCode, ErrorResponse};
use crate::project::{
    ChangedEvent, FetchedSecrets, InfoResponse, PingResponse, ProjectRequest, VendedSecret,
};

/// How long a client waits for an answer unless told otherwise: longer than the broker's own limits.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// Size of one read.
const CHUNK: usize = 16 * 1024;

/// Why a request has no answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody answers at this path.
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke while a request was under way.
    Interrupted {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server's process belongs to another user than the broker.
    Impostor {
        /// The socket.
        path: PathBuf,
        /// The user of the process that listens there.
        uid: u32,
    },
    /// The broker speaks another protocol version.
    Version {
        /// The broker's.
        broker: u32,
    },
    /// What came back is not a response of this protocol.
    Malformed {
        /// The socket.
        path: PathBuf,
    },
    /// The broker answered with an error.
    Refused(ErrorResponse),
}

impl ClientError {
    /// The broker's error code, when it answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(response) => Some(response.code),
            _ => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { path, .. } => {
                write!(formatter, "cannot reach the broker at {}", path.display())
            }
            Self::Interrupted { path, .. } => {
                write!(formatter, "the connection to the broker at {} broke", path.display())
            }
            Self::Impostor { path, uid } => {
                write!(
                    formatter,
                    "the process that listens at {} belongs to user {uid}, not to the broker",
                    path.display()
                )
            }
            Self::Version { broker } => write!(
                formatter,
                "the broker speaks protocol version {broker}, this program version {PROTOCOL_VERSION}"
            ),
            Self::Malformed { path } => {
                write!(formatter, "what answers at {} does not speak the broker's protocol", path.display())
            }
            Self::Refused(response) => response.fmt(formatter),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } | Self::Interrupted { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A connection to one of the broker's sockets.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    path: PathBuf,
    timeout: Duration,
    /// Bytes that arrived behind the last line.
    pending: Secret,
}

impl Client {
    /// Connects to the socket at `path`; each answer may take [`DEFAULT_TIMEOUT`].
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        Self::connect_within(path, DEFAULT_TIMEOUT)
    }

    /// Connects to the socket at `path`; each answer may take `timeout`.
    pub fn connect_within(path: &Path, timeout: Duration) -> Result<Self, ClientError> {
        let unreachable = |source| ClientError::Unreachable { path: path.to_owned(), source };
        let stream = UnixStream::connect(path).map_err(unreachable)?;
        let timeout = timeout.max(Duration::from_millis(1));
        stream.set_write_timeout(Some(timeout)).map_err(unreachable)?;
        Ok(Self { stream, path: path.to_owned(), timeout, pending: Secret::new(Vec::new()) })
    }

    /// Refuses a server that runs as another user than `broker_uid`: a project's run directory may
    /// have been written by its container.
    pub fn require_server_uid(&self, broker_uid: u32) -> Result<(), ClientError> {
        let credentials = rustix::net::sockopt::socket_peercred(&self.stream)
            .map_err(|source| ClientError::Interrupted { path: self.path.clone(), source: source.into() })?;
        let uid = credentials.uid.as_raw();
        if uid == broker_uid { Ok(()) } else { Err(ClientError::Impostor { path: self.path.clone(), uid }) }
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
        let response: PingResponse = self.request(&ProjectRequest::Ping)?;
        require_version(response.protocol_version)?;
        Ok(response)
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
        let response: StatusResponse = self.request(&AdminRequest::Status)?;
        require_version(response.protocol_version)?;
        Ok(response)
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

    /// Sends one request without waiting for its answer.
    pub fn send<Q: Serialize>(&mut self, request: &Q) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(request)
            .map_err(|error| self.interrupted(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        line.push(b'\n');
        let line = Secret::new(line);
        match self.stream.write_all(line.expose()) {
            // The broker may have answered and closed (a line too long, too many connections): the answer
            // is still there to be read and says more than the broken pipe.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(self.interrupted(error)),
            Ok(()) => Ok(()),
        }
    }

    /// Reads one line, without its newline, within `wait`.
    pub fn receive_line(&mut self, wait: Duration) -> Result<Secret, ClientError> {
        let deadline = Instant::now() + wait;
        let mut searched = 0;
        loop {
            let held = self.pending.expose();
            if let Some(end) = memchr(b'\n', &held[searched..]) {
                let end = searched + end;
                let line = Secret::new(held[..end].to_vec());
                self.pending = Secret::new(held[end + 1..].to_vec());
                return Ok(line);
            }
            searched = held.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.interrupted(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")));
            }
            let chunk = self.read_chunk(left)?;
            self.pending.append(chunk.expose());
        }
    }

    fn read_chunk(&mut self, wait: Duration) -> Result<Secret, ClientError> {
        let mut chunk = vec![0; CHUNK];
        let read = self
            .stream
            .set_read_timeout(Some(wait.max(Duration::from_millis(1))))
            .and_then(|()| self.stream.read(&mut chunk));
        match read {
            Ok(0) => {
                Err(self.interrupted(io::Error::new(io::ErrorKind::UnexpectedEof, "the broker closed it")))
            }
            Ok(length) => {
                chunk.truncate(length);
                Ok(Secret::new(chunk))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(self.interrupted(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Secret::new(Vec::new())),
            Err(error) => Err(self.interrupted(error)),
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

fn require_version(broker: u32) -> Result<(), ClientError> {
    if broker == PROTOCOL_VERSION { Ok(()) } else { Err(ClientError::Version { broker }) }
}
