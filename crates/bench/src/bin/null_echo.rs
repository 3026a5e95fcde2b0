//! The floor: a server that does nothing but answer.
//!
//! It stands on the broker's runtime (one mio loop, edge-triggered) and speaks its framing (a request ends
//! with a newline). For each request it writes the same line, of as many bytes as the broker's answer has.
//! What the broker needs beyond this is the price of what it does: parsing, judging, recording, vending.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use memchr::memchr_iter;
use mio::net::{UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

/// How many ready connections one turn of the loop takes.
const EVENTS: usize = 1024;

/// The most that one read takes.
const READ_BUFFER: usize = 64 * 1024;

const LISTENER: Token = Token(usize::MAX);

struct Connection {
    stream: UnixStream,
    /// Bytes of answers that the socket had no room for. An answer is the same wherever it begins, so a
    /// count is enough.
    owed: usize,
    /// Whether the loop is asked to say when there is room again.
    waits: bool,
}

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "remo-null-echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(socket), Some(length)) = (arguments.next(), arguments.next()) else {
        return Err("usage: remo-null-echo SOCKET ANSWER_BYTES".into());
    };
    let length: usize = length.to_str().ok_or("ANSWER_BYTES is not a number")?.parse()?;
    let mut answer = vec![b'x'; length.max(1)];
    answer[length.max(1) - 1] = b'\n';

    let mut poll = Poll::new()?;
    let mut listener = UnixListener::bind(socket)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut connections: Slab<Connection> = Slab::new();
    let mut events = Events::with_capacity(EVENTS);
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut connections)?;
                continue;
            }
            let Some(connection) = connections.get_mut(event.token().0) else { continue };
            if !connection.turn(event.is_writable(), &answer, &mut buffer) {
                connections.remove(event.token().0);
                continue;
            }
            let waits = connection.owed > 0;
            if waits != connection.waits {
                connection.waits = waits;
                let interest =
                    if waits { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
                poll.registry().reregister(&mut connection.stream, event.token(), interest)?;
            }
        }
    }
}

fn accept(listener: &UnixListener, poll: &Poll, connections: &mut Slab<Connection>) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                let entry = connections.vacant_entry();
                // Writability is asked for only while an answer waits: with it, each read of the client
                // would wake this loop.
                poll.registry().register(&mut stream, Token(entry.key()), Interest::READABLE)?;
                entry.insert(Connection { stream, owed: 0, waits: false });
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Connection {
    /// Handles one event; `false` when the connection is over.
    fn turn(&mut self, writable: bool, answer: &[u8], buffer: &mut [u8]) -> bool {
        if writable && self.owed > 0 && self.write(answer).is_err() {
            return false;
        }
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return false,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return false,
            };
            self.owed += memchr_iter(b'\n', &buffer[..read]).count() * answer.len();
            if self.owed > 0 && self.write(answer).is_err() {
                return false;
            }
            // A stream socket that gave less than was asked for is empty: the next byte is a new edge.
            if read < buffer.len() {
                return true;
            }
        }
    }

    /// Writes what is owed, as far as the socket takes it.
    fn write(&mut self, answer: &[u8]) -> io::Result<()> {
        while self.owed > 0 {
            let start = (answer.len() - self.owed % answer.len()) % answer.len();
            match self.stream.write(&answer[start..]) {
                Ok(written) => self.owed -= written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
