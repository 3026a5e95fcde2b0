//! The servers that are measured side by side.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::Bench;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::load::{BlockingClient, Exchange, PollingClient, Round};
use crate::process::{Memory, Process, find_program, wait_for_socket};

/// One server and how to ask it.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) name: &'static str,
    socket: PathBuf,
    exchange: Exchange,
    process: Server<'a>,
    /// Holds the socket of a server that was started here; removed after the process.
    _directory: Option<TempDir>,
}

#[derive(Debug)]
enum Server<'a> {
    Ours(&'a Process),
    Floor(Process),
}

/// Connections that are kept from round to round.
#[derive(Debug)]
pub(super) enum Connections {
    One(BlockingClient),
    Many(PollingClient),
}

impl<'a> Target<'a> {
    /// The broker.
    pub(super) fn ours(instance: &'a Instance, socket: PathBuf, exchange: Exchange) -> Result<Self, Failure> {
        let process = Server::Ours(instance.broker()?);
        Ok(Self { name: "ours", socket, exchange, process, _directory: None })
    }

    /// The null echo server: takes the broker's requests, answers lines of the same length.
    pub(super) fn null_echo(bench: &Bench, ours: &Exchange, answer_bytes: usize) -> Result<Self, Failure> {
        let exchange = Exchange {
            request: ours.request.clone(),
            answer_start: b"xxxx".to_vec(),
            answer_length: answer_bytes..=answer_bytes,
        };
        let mut command = Command::new(&bench.programs.null_echo);
        Self::floor("null echo", exchange, |socket| command.arg(socket).arg(answer_bytes.to_string()), None)
    }

    /// `redis-server` without persistence, holding one key; `None` when it is not installed.
    pub(super) fn redis(bench: &Bench, key: &str, value: &str) -> Result<Option<Self>, Failure> {
        let Some(program) = find_program(&bench.path, "redis-server") else { return Ok(None) };
        let answer = format!("${}\r\n{value}\r\n", value.len());
        let exchange = Exchange {
            request: format!("*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len()).into_bytes(),
            answer_start: answer.clone().into_bytes(),
            answer_length: answer.len()..=answer.len(),
        };
        let set = format!("*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n{answer}", key.len());
        let mut command = Command::new(program);
        Self::floor(
            "redis",
            exchange,
            |socket| {
                let directory = socket.parent().unwrap_or(socket);
                command.args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
                command.arg("--dir").arg(directory).arg("--unixsocket").arg(socket)
            },
            Some(set),
        )
        .map(Some)
    }

    fn floor<'c>(
        name: &'static str,
        exchange: Exchange,
        command: impl FnOnce(&PathBuf) -> &'c mut Command,
        prepare: Option<String>,
    ) -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(Failure::because("cannot make a private directory"))?;
        let socket = directory.path().join("server.sock");
        let process = Process::start(command(&socket))?;
        wait_for_socket(&socket)?;
        if let Some(request) = prepare {
            let mut stream =
                UnixStream::connect(&socket).map_err(Failure::because(format!("cannot reach {name}")))?;
            let mut answer = [0; 5];
            stream
                .write_all(request.as_bytes())
                .and_then(|()| stream.read_exact(&mut answer))
                .map_err(Failure::because(format!("cannot prepare {name}")))?;
            if &answer != b"+OK\r\n" {
                return Err(Failure::new(format!("{name} does not take the value")));
            }
        }
        Ok(Self { name, socket, exchange, process: Server::Floor(process), _directory: Some(directory) })
    }

    /// Opens `level` connections.
    pub(super) fn connect(&self, level: usize) -> Result<Connections, Failure> {
        if level == 1 {
            BlockingClient::connect(&self.socket, &self.exchange).map(Connections::One)
        } else {
            PollingClient::connect(&self.socket, level, &self.exchange).map(Connections::Many)
        }
    }

    /// Processor time so far.
    pub(super) fn cpu_time(&self) -> Result<Duration, Failure> {
        self.process().cpu_time()
    }

    /// Memory now.
    pub(super) fn memory(&self) -> Result<Memory, Failure> {
        self.process().memory()
    }

    /// The process itself.
    pub(super) fn process(&self) -> &Process {
        match &self.process {
            Server::Ours(process) => process,
            Server::Floor(process) => process,
        }
    }
}

impl Connections {
    /// One round of load.
    pub(super) fn round(&mut self, duration: Duration) -> Result<Round, Failure> {
        match self {
            Self::One(client) => client.round(duration),
            Self::Many(client) => client.round(duration),
        }
    }
}
