//! The two ways out: data on standard output, everything else on standard error.

use std::io::{self, Write as _};

use crate::failure::Failure;

/// Writes `text` to standard output.
pub fn data(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes one line for a person to standard error. Failing to do so changes nothing.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
