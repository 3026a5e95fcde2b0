//! Asking a person on the terminal, secrets without echo; or reading the answers from a standard input that is none,
//! one a line, in the order of the questions.

use std::io::{self, IsTerminal as _, Write as _};

use remo_secret::Secret;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::recipe::Question;
use super::stop::{Stop, interrupted};
use crate::failure::Failure;
use crate::input;

/// The longest answer, in bytes: it has to fit into a pipe, so that handing it to a tool never waits.
pub(super) const ANSWER_MAX: usize = 60 * 1024;

/// Where answers come from.
#[derive(Debug)]
pub(super) enum Answers {
    /// A person at the terminal.
    Terminal,
    /// Lines that were read already; the next one is at this place.
    Lines(Secret, usize),
}

impl Answers {
    /// A terminal, or what standard input holds up to its end if there are `questions` to ask.
    pub(super) fn open(questions: &[Question]) -> Result<Self, Failure> {
        if io::stdin().is_terminal() {
            Ok(Self::Terminal)
        } else if questions.is_empty() {
            Ok(Self::Lines(Secret::new(Vec::new()), 0))
        } else {
            Ok(Self::Lines(input::all_of_stdin()?, 0))
        }
    }

    /// The answer to `question`: checked, not empty.
    pub(super) fn ask(&mut self, question: &Question, stop: &Stop) -> Result<Secret, Failure> {
        let answer = match self {
            Self::Terminal => typed(question, stop)?,
            Self::Lines(text, place) => next_line(text.expose(), place).ok_or_else(|| {
                Failure::new(format!("standard input has no line for: {}", question.prompt))
                    .hint("give each answer a line of its own, in the order of `remo-login NAME --show`")
            })?,
        };
        match (&question.default, answer.is_empty()) {
            (Some(default), true) => Ok(Secret::from_text(default.clone())),
            (None, true) => {
                Err(Failure::new(format!("no answer to: {}; nothing was stored", question.prompt)))
            }
            _ => checked(question, answer),
        }
    }
}

/// An answer becomes an argument, a line of a file or a line of input: one line, and no option.
fn checked(question: &Question, answer: Secret) -> Result<Secret, Failure> {
    let refuse = |why: &str| Err(Failure::new(format!("the answer to “{}” {why}", question.prompt)));
    if answer.len() > ANSWER_MAX {
        return refuse(&format!("is longer than {ANSWER_MAX} bytes"));
    }
    let Some(text) = answer.expose_text() else { return refuse("is not UTF-8") };
    if text.chars().any(char::is_control) {
        return refuse("has control characters");
    }
    if !question.secret && text.starts_with('-') {
        return refuse("begins with -, which a tool would take for an option");
    }
    Ok(answer)
}

fn next_line(text: &[u8], place: &mut usize) -> Option<Secret> {
    let rest = text.get(*place..).filter(|rest| !rest.is_empty())?;
    let length = rest.iter().position(|byte| *byte == b'\n');
    *place += length.map_or(rest.len(), |length| length + 1);
    let line = &rest[..length.unwrap_or(rest.len())];
    Some(Secret::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

fn typed(question: &Question, stop: &Stop) -> Result<Secret, Failure> {
    let hint = match (&question.default, question.secret) {
        (Some(default), _) => format!(" [{default}]"),
        (None, true) => " (not shown)".to_owned(),
        (None, false) => String::new(),
    };
    let _ = write!(io::stderr(), "{}{hint}: ", question.prompt);
    let silence = question.secret.then(Silence::begin).transpose()?;
    let line = read_line(stop);
    if silence.is_some() {
        let _ = writeln!(io::stderr());
    }
    line
}

/// Reads one line from the terminal, past the buffer that the standard library keeps and never wipes, and ready to be
/// interrupted.
fn read_line(stop: &Stop) -> Result<Secret, Failure> {
    let terminal = io::stdin();
    let failed =
        |error: Errno| Failure::new(format!("cannot read from the terminal: {}", io::Error::from(error)));
    let mut line = Secret::new(Vec::new());
    loop {
        let mut watched = [PollFd::new(stop, PollFlags::IN), PollFd::new(&terminal, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(failed(error)),
        }
        if !watched[0].revents().is_empty() {
            return Err(interrupted());
        }
        if watched[1].revents().is_empty() {
            continue;
        }
        let mut chunk = Zeroizing::new([0; 4096]);
        let length = match read(&terminal, &mut chunk[..]) {
            Err(Errno::INTR) => continue,
            length => length.map_err(failed)?,
        };
        // A terminal hands out whole lines; the end of input ends the line too.
        let end = chunk[..length].iter().position(|byte| *byte == b'\n');
        line.append(&chunk[..end.unwrap_or(length)]);
        if end.is_some() || length == 0 {
            return Ok(line);
        }
    }
}

/// The terminal without echo, until it is dropped.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> Result<Self, Failure> {
        let set = || {
            let before = tcgetattr(io::stdin())?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
            Ok(Self { before })
        };
        set().map_err(|error: Errno| {
            Failure::new(format!("cannot switch off the terminal's echo: {}", io::Error::from(error)))
        })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
