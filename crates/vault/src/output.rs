//! The two ways out: data on standard output, everything else on standard error.
//!
//! Data can be a secret value, so it is written with one system call per buffer, past the buffer that the
//! standard library keeps for standard output and never wipes.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;

use crate::failure::Failure;

/// Writes `bytes` to standard output.
pub fn data(bytes: &[u8]) -> Result<(), Failure> {
    let written = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|descriptor| File::from(descriptor).write_all(bytes));
    match written {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes one line to standard output.
pub fn line(text: &str) -> Result<(), Failure> {
    data(format!("{text}\n").as_bytes())
}

/// Asks on standard error, without a line end.
pub fn prompt(text: &str) {
    let _ = write!(io::stderr(), "{text}");
}

/// Writes one line for a person to standard error. Failing to do so changes nothing.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
