//! The whole tour without root.

use std::process::Command;

use rustix::process::geteuid;

use crate::programs;
use crate::tour::ended;

/// Neither root nor anybody who owns what the tests made.
const USER: &str = "1000";

#[test]
fn the_overflow_user_is_told_at_once() {
    if !geteuid().is_root() {
        return;
    }
    let directory = programs::for_everybody();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.arg(directory.path().join("xtask")).args(["try", "--programs"]).arg(directory.path());
    let Ok(output) = command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").output() else {
        return;
    };
    let tour = ended(&output);
    assert_eq!((tour.code, tour.stdout.as_str()), (Some(1), ""), "{tour:?}");
    assert!(tour.stderr.contains("never lets it in\nhint: run it as another user"), "{tour:?}");
}

#[test]
fn the_tour_needs_no_root() {
    use std::io::Write as _;
    if !geteuid().is_root() {
        // Then every other test of this file shows it.
        return;
    }
    let directory = programs::for_everybody();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
    command.arg(directory.path().join("xtask")).args(["try", "--programs"]).arg(directory.path());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "skipped: the_tour_needs_no_root: no setpriv here: {error}");
            return;
        }
    };
    let tour = ended(&output);
    assert_eq!(tour.code, Some(0), "{tour:?}");
    assert!(tour.stdout.contains("peer_uid=1000"), "the helper ran as the other user: {}", tour.stdout);
}
