//! Many connections on one thread: readiness events, and no allocation once the round has begun.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};

use super::{Answer, Exchange, Round, thread_cpu, wrong_answer};
use crate::failure::Failure;

/// Longer than any answer takes; a server that hangs ends the measure instead of hanging it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Kept connections.
#[derive(Debug)]
pub struct PollingClient {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    exchange: Exchange,
}

#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    sent: Instant,
    received: usize,
    buffer: Vec<u8>,
}

impl PollingClient {
    /// Opens `count` connections.
    pub fn connect(socket: &Path, count: usize, exchange: &Exchange) -> Result<Self, Failure> {
        let poll = Poll::new().map_err(Failure::because("cannot make a poll"))?;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let stream = std::os::unix::net::UnixStream::connect(socket)
                .and_then(|stream| stream.set_nonblocking(true).map(|()| stream))
                .map_err(Failure::because(format!("cannot connect to {}", socket.display())))?;
            let mut stream = UnixStream::from_std(stream);
            poll.registry()
                .register(&mut stream, Token(index), Interest::READABLE)
                .map_err(Failure::because("cannot poll a connection"))?;
            let buffer = vec![0; exchange.answer_length.end() + 1];
            connections.push(Connection { stream, sent: Instant::now(), received: 0, buffer });
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(count.max(1)),
            connections,
            exchange: exchange.clone(),
        })
    }

    /// Keeps one request under way on each connection for `duration`, then waits for the last answers.
    pub fn round(&mut self, duration: Duration) -> Result<Round, Failure> {
        let mut round = Round::default();
        let cpu = thread_cpu();
        let start = Instant::now();
        for connection in &mut self.connections {
            connection.send(&self.exchange.request, Instant::now())?;
        }
        let mut under_way = self.connections.len();
        let mut now = start;
        while under_way > 0 {
            match self.poll.poll(&mut self.events, Some(ANSWER_TIMEOUT)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(Failure::because("cannot poll"))?,
            }
            if self.events.is_empty() {
                return Err(Failure::new(format!("{under_way} connections got no answer")));
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.receive(&self.exchange)? {
                    continue;
                }
                now = Instant::now();
                let latency = now.duration_since(connection.sent).as_nanos();
                round.latencies.record(u64::try_from(latency).unwrap_or(u64::MAX));
                if now.duration_since(start) < duration {
                    connection.send(&self.exchange.request, now)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        round.elapsed = now.duration_since(start);
        round.client_cpu = thread_cpu().saturating_sub(cpu);
        Ok(round)
    }
}

impl Connection {
    fn send(&mut self, request: &[u8], now: Instant) -> Result<(), Failure> {
        self.sent = now;
        // A request is far smaller than a socket's buffer, which is empty: the answer before was read.
        let written = self.stream.write(request).map_err(Failure::because("cannot send a request"))?;
        if written == request.len() { Ok(()) } else { Err(Failure::new("a request was cut in two")) }
    }

    /// Reads what is there; `true` when that completes the answer.
    fn receive(&mut self, exchange: &Exchange) -> Result<bool, Failure> {
        let read = match self.stream.read(&mut self.buffer[self.received..]) {
            Ok(0) => return Err(Failure::new("the server closed a connection instead of answering")),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(Failure::because("cannot read an answer")(error)),
        };
        self.received += read;
        let received = &self.buffer[..self.received];
        match exchange.judge(received) {
            Answer::Good => {
                self.received = 0;
                Ok(true)
            }
            Answer::Incomplete => Ok(false),
            Answer::Wrong => Err(wrong_answer(received)),
        }
    }
}
