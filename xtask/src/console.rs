//! What a task says to the person who runs it: on standard error, so that standard output is data.

use std::io::Write as _;

/// Writes one line. A closed standard error is nothing that a task could do anything about.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Announces a step.
pub(crate) fn announce(step: &str) {
    say(&format!("\n== {step}"));
}

/// Passes a line of a tool's standard output on.
pub(crate) fn pass_on(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
