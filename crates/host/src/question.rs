//! Questions on the terminal. What was typed before a question was there is no answer to it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{QueueSelector, tcflush};

use crate::failure::Failure;

/// Whether there is somebody to ask.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a yes. Anything else is a no.
pub fn agreed(question: &str) -> Result<bool, Failure> {
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line of text, without blanks at its ends.
pub fn ask(question: &str) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::new(format!("cannot read the answer: {error}"));
    if is_possible() {
        tcflush(io::stdin(), QueueSelector::IFlush).map_err(|error| failed(error.into()))?;
    }
    let mut terminal = io::stderr();
    let _ = write!(terminal, "{question}");
    let _ = terminal.flush();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}
