//! Where a value comes in: standard input, or a prompt without echo. Never an argument: arguments are
//! readable by every process of the host, and shells keep them in a history file.

mod hidden;

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;

use remo_secret::Secret;
use remo_wire::limits::PUSH_LINE_MAX;

use self::hidden::HiddenInput;
use crate::failure::Failure;
use crate::private_file::read_capped;

/// What to do with a line end at the end of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// A single line is stored without its line end (`echo` and most tools add one that is not part of the
    /// token), several lines are stored exactly (a private key in PEM form needs its last one).
    Single,
    /// Stored exactly.
    Keep,
    /// One line end is taken off in any case.
    Trim,
}

impl LineEnd {
    /// The bytes of `input` that are the value.
    pub(crate) fn value_of(self, input: &[u8]) -> &[u8] {
        let Some(line) = input.strip_suffix(b"\n") else { return input };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self {
            Self::Keep => input,
            Self::Single if line.contains(&b'\n') => input,
            Self::Trim | Self::Single => line,
        }
    }
}

/// Reads the value for `name` from standard input, or asks for it when that is a terminal.
pub fn value(name: &str, line_end: LineEnd) -> Result<Secret, Failure> {
    if io::stdin().is_terminal() {
        return prompted(name);
    }
    let input = all_of_stdin()?;
    let value = line_end.value_of(input.expose());
    Ok(if value.len() == input.len() { input } else { Secret::new(value.to_vec()) })
}

/// Reads standard input to its end. Past the buffer that the standard library keeps and never wipes.
pub fn all_of_stdin() -> Result<Secret, Failure> {
    let limit = u64::try_from(PUSH_LINE_MAX).unwrap_or(u64::MAX);
    let mut input = Secret::new(Vec::new());
    let complete = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|descriptor| read_capped(File::from(descriptor), limit, &mut input))
        .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    if complete {
        Ok(input)
    } else {
        Err(Failure::new(format!("standard input holds more than {limit} bytes")).hint(
            "all secrets together have to fit into one push of 1 MiB; store a key or token, not a data file",
        ))
    }
}

fn prompted(name: &str) -> Result<Secret, Failure> {
    let ask = || -> io::Result<(Secret, Secret)> {
        let mut terminal = HiddenInput::open()?;
        Ok((terminal.ask(&format!("Value for {name} (not shown): "))?, terminal.ask("The same once more: ")?))
    };
    let (value, again) =
        ask().map_err(|error| Failure::new(format!("cannot ask for the value on the terminal: {error}")))?;
    if value == again {
        Ok(value)
    } else {
        Err(Failure::new("the two entries differ; nothing was stored")
            .hint(format!("try again, or give it a file: remo-vault set {name} < FILE")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_line_loses_its_end_and_several_lines_keep_theirs() {
        let single = |input: &'static [u8]| LineEnd::Single.value_of(input);
        assert_eq!(single(b"token\n"), b"token");
        assert_eq!(single(b"token\r\n"), b"token");
        assert_eq!(single(b"token"), b"token");
        assert_eq!(single(b" token \n"), b" token ");
        assert_eq!(single(b"-----BEGIN\nx\n"), b"-----BEGIN\nx\n");
        assert_eq!(single(b"\n"), b"");
    }

    #[test]
    fn the_flags_decide_otherwise() {
        assert_eq!(LineEnd::Keep.value_of(b"token\n"), b"token\n");
        assert_eq!(LineEnd::Trim.value_of(b"a\nb\n\n"), b"a\nb\n");
        assert_eq!(LineEnd::Trim.value_of(b"a\nb"), b"a\nb");
    }
}
