//! One connection: plain blocking calls, which is what a client with one request at a time does.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Answer, Exchange, Round, thread_cpu, wrong_answer};
use crate::failure::Failure;

/// Longer than any answer takes; a server that hangs ends the measure instead of hanging it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A kept connection.
#[derive(Debug)]
pub struct BlockingClient {
    stream: UnixStream,
    exchange: Exchange,
    buffer: Vec<u8>,
}

impl BlockingClient {
    /// Connects.
    pub fn connect(socket: &Path, exchange: &Exchange) -> Result<Self, Failure> {
        let stream = UnixStream::connect(socket)
            .map_err(Failure::because(format!("cannot connect to {}", socket.display())))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).map_err(Failure::because("cannot set a time limit"))?;
        let buffer = vec![0; exchange.answer_length.end() + 1];
        Ok(Self { stream, exchange: exchange.clone(), buffer })
    }

    /// One request and its answer.
    pub fn exchange(&mut self) -> Result<(), Failure> {
        self.stream.write_all(&self.exchange.request).map_err(Failure::because("cannot send a request"))?;
        let mut received = 0;
        loop {
            let read = self
                .stream
                .read(&mut self.buffer[received..])
                .map_err(Failure::because("cannot read an answer"))?;
            if read == 0 {
                return Err(Failure::new("the server closed a connection instead of answering"));
            }
            received += read;
            match self.exchange.judge(&self.buffer[..received]) {
                Answer::Good => return Ok(()),
                Answer::Incomplete => {}
                Answer::Wrong => return Err(wrong_answer(&self.buffer[..received])),
            }
        }
    }

    /// One request after the other for `duration`.
    pub fn round(&mut self, duration: Duration) -> Result<Round, Failure> {
        let mut round = Round::default();
        let cpu = thread_cpu();
        let start = Instant::now();
        let mut sent = start;
        while sent.duration_since(start) < duration {
            self.exchange()?;
            let now = Instant::now();
            round.latencies.record(u64::try_from(now.duration_since(sent).as_nanos()).unwrap_or(u64::MAX));
            sent = now;
        }
        round.elapsed = sent.duration_since(start);
        round.client_cpu = thread_cpu().saturating_sub(cpu);
        Ok(round)
    }
}
