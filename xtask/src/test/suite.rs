//! `cargo test`, watched: what passed, what failed, what was skipped and why.
//!
//! A test that cannot run on this machine writes `skipped: NAME: REASON` straight to standard error, where
//! the test harness does not hold it back, and returns. The harness counts it as passed; here it is not.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::workspace::Workspace;
use crate::{cargo, console};

/// What the tests of all packages came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    harness_passed: u64,
    failed: Vec<String>,
    skipped: Vec<String>,
    /// Tests that say themselves that they were skipped, which the harness counts as passed.
    skipped_by_themselves: u64,
    /// Why `cargo test` failed although no test did, for instance because something does not build.
    broken: bool,
}

impl Counts {
    /// The closing lines.
    pub(super) fn summary(&self) -> String {
        let passed = self.harness_passed.saturating_sub(self.skipped_by_themselves);
        let mut text =
            format!("tests: {passed} passed, {} failed, {} skipped", self.failed.len(), self.skipped.len());
        for (title, names) in [("failed", &self.failed), ("skipped", &self.skipped)] {
            for name in names {
                text.push_str("\n  ");
                text.push_str(title);
                text.push_str(": ");
                text.push_str(name);
            }
        }
        text
    }

    /// An error when a test failed or did not build.
    pub(super) fn verdict(&self) -> Result<Outcome, Failure> {
        if self.failed.is_empty() && !self.broken {
            return Ok(Outcome::Passed);
        }
        Err(Failure::new(format!("cargo test: {} tests failed", self.failed.len()))
            .hint("cargo test --workspace NAME_OF_THE_TEST"))
    }

    /// Takes in one line of the harness.
    fn note(&mut self, line: &str) {
        if let Some(skipped) = line.strip_prefix("skipped: ") {
            self.skipped.push(skipped.to_owned());
            self.skipped_by_themselves += 1;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let passed = result.split_once(". ").and_then(|(_, counts)| counts.split_once(" passed"));
            self.harness_passed +=
                passed.and_then(|(count, _)| count.parse::<u64>().ok()).unwrap_or_default();
        } else if let Some((name, how)) =
            line.strip_prefix("test ").and_then(|test| test.rsplit_once(" ... "))
        {
            if how.starts_with("FAILED") {
                self.failed.push(name.to_owned());
            } else if let Some(reason) = how.strip_prefix("ignored") {
                let reason = reason.strip_prefix(", ").unwrap_or("ignored without a reason");
                self.skipped.push(format!("{name}: {reason}"));
            }
        }
    }
}

/// Runs all tests of the workspace, whatever fails on the way.
pub(super) fn run(workspace: &Workspace) -> Result<Counts, Failure> {
    let mut command = cargo::command(workspace.root());
    command.args(["test", "--workspace", "--no-fail-fast"]);
    let started = format!("cannot start `{}`", cargo::shown(&command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::because(started))?;
    let (sender, lines) = mpsc::channel();
    for stream in [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ]
    .into_iter()
    .flatten()
    {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut counts = Counts::default();
    for line in lines {
        console::pass_on(&line);
        counts.note(&line);
    }
    let status = child.wait().map_err(Failure::because("cannot wait for cargo test"))?;
    counts.broken = !status.success();
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(output: &str) -> Counts {
        let mut counts = Counts::default();
        output.lines().for_each(|line| counts.note(line));
        counts
    }

    #[test]
    fn results_of_all_packages_are_added() {
        let counts = counts(
            "running 2 tests\n\
             test a::works ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             test b::slow ... ignored, takes an hour\n\
             test b::breaks ... FAILED\n\
             skipped: memory_scan: only root may read /proc/PID/mem\n\
             test result: FAILED. 40 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(
            counts.summary(),
            "tests: 41 passed, 1 failed, 2 skipped\n  failed: b::breaks\n  skipped: b::slow: takes an hour\n  \
             skipped: memory_scan: only root may read /proc/PID/mem"
        );
        assert!(counts.verdict().is_err());
    }

    #[test]
    fn what_does_not_build_is_a_failure_too() {
        let mut counts = counts("error: could not compile `x`\n");
        counts.broken = true;
        assert!(counts.verdict().is_err());
    }
}
