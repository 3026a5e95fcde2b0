//! A question that only a person who has seen it answers.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::io::{read, retry_on_intr};
use rustix::termios::{QueueSelector, tcflush};

use crate::failure::Failure;

/// How much of an answer is looked at, in bytes; a longer one is no yes.
const ANSWER_MAX: usize = 64;

/// Asks for a yes on the terminal, and takes nothing for one that was typed before the question stood there: keys
/// that wait are thrown away first, and nothing is read beyond the line of the answer. Anything but `y` or `yes` is a
/// no, the end of input too.
///
/// # Errors
/// `nobody()` when standard input is no terminal; a failure when the terminal cannot be read.
pub fn agreed(question: &str, nobody: impl FnOnce() -> Failure) -> Result<bool, Failure> {
    let terminal = io::stdin();
    if !terminal.is_terminal() {
        return Err(nobody());
    }
    let failed = |error: rustix::io::Errno| {
        Failure::new(format!("cannot ask on the terminal: {}; nothing was changed", io::Error::from(error)))
    };
    let mut screen = io::stderr();
    let _ = write!(screen, "{question} [y/N] ");
    let _ = screen.flush();
    tcflush(&terminal, QueueSelector::IFlush).map_err(failed)?;
    let mut answer = Vec::new();
    loop {
        // Past the buffer of the standard library, which would keep what comes behind the line for the next question.
        let mut chunk = [0; ANSWER_MAX];
        let length = retry_on_intr(|| read(&terminal, &mut chunk)).map_err(failed)?;
        let chunk = chunk.get(..length).unwrap_or_default();
        let end = chunk.iter().position(|byte| *byte == b'\n');
        if answer.len() <= ANSWER_MAX {
            answer.extend_from_slice(chunk.get(..end.unwrap_or(length)).unwrap_or_default());
        }
        if end.is_some() || length == 0 {
            break;
        }
    }
    let answer = answer.trim_ascii().to_ascii_lowercase();
    Ok(matches!(answer.as_slice(), b"y" | b"yes"))
}
