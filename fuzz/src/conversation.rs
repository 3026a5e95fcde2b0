//! One connection: everything is sent, then everything is read.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the broker may take. Its own limits are 10 s; what it does here takes less than a second.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the kernel surely takes without a reader, in bytes; more needs a writer beside the reader.
const TAKEN_WITHOUT_READER: usize = 64 * 1024;

/// Sends `pieces`, with `between` after each but the last, ends the sending side, and reads to the end.
///
/// Every step has to succeed: the broker never turns a client away in the middle of a stream, it answers and
/// then takes the rest of the input.
pub fn converse(socket: &Path, pieces: &[&[u8]], mut between: impl FnMut()) -> Vec<u8> {
    let stream = UnixStream::connect(socket).expect("the broker accepts a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit for reading");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time limit for sending");
    let mut send = || -> io::Result<()> {
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                between();
            }
            (&stream).write_all(piece)?;
        }
        stream.shutdown(Shutdown::Write)
    };
    let mut answers = Vec::new();
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    if length <= TAKEN_WITHOUT_READER {
        send().expect("the broker takes all input");
        (&stream).read_to_end(&mut answers).expect("the broker answers and closes");
    } else {
        std::thread::scope(|scope| {
            scope.spawn(|| (&stream).read_to_end(&mut answers).expect("the broker answers and closes"));
            send().expect("the broker takes all input");
        });
    }
    answers
}

/// Splits what was read into lines, each ended by its newline.
pub fn answer_lines(answers: &[u8]) -> Vec<&[u8]> {
    let (lines, tail) = crate::delivery::lines(answers);
    assert!(tail.is_empty(), "the last answer has no newline");
    lines
}
