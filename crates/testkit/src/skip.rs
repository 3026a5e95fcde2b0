//! Tests that cannot run on this machine: they say so by name, and `cargo xtask test` counts them as skipped.

use std::io::Write as _;

/// Says that the test `name` is skipped because of `reason`.
///
/// The line goes to standard error past the harness's capture: `cargo xtask test` reads it there.
pub fn skipped(name: &str, reason: &str) {
    // Nobody to tell when even this fails.
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {reason}");
}

/// Whether this process is root; otherwise the test `name` is reported as skipped.
pub fn without_root(name: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skipped(name, "only root may do this");
    }
    !root
}
