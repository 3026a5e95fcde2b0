//! Everything that is said to a person goes to standard error through here; standard output is for data.

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::exit_status::ExitStatus;
use crate::failure::Failure;

/// What a line begins with, so that it can be told apart in the log of a container.
pub(crate) const PROGRAM: &str = "remo-fetch-secrets";

/// Says something that does not stop the program.
pub(crate) fn note(text: impl Display) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(io::stderr(), "{PROGRAM}: {text}");
}

/// Says why the program ends.
pub(crate) fn failure(failure: &Failure) {
    let _ = writeln!(io::stderr(), "{PROGRAM}: error: {failure}");
}

/// Writes data to standard output. A reader that has gone away (`| head`) is not an error of ours.
pub(crate) fn data(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(ExitStatus::InputOutput, format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
