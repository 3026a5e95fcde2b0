//! What the tests came to: read from the lines that the test harness writes.
//!
//! A test that cannot run on this machine writes `skipped: NAME: REASON` straight to standard error, where the
//! harness does not hold it back, and returns. The harness counts it as passed; here it is not.

use super::running::{End, Report};
use crate::failure::Failure;
use crate::outcome::Outcome;

/// How many of the last lines of a program that had to be ended are shown once more.
const LAST_LINES: usize = 10;

/// What the tests of all programs came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::test) struct Counts {
    harness_passed: u64,
    failed: Vec<String>,
    skipped: Vec<String>,
    /// Tests that say themselves that they were skipped, which the harness counts as passed.
    skipped_by_themselves: u64,
}

impl Counts {
    /// The closing lines.
    pub(in crate::test) fn summary(&self) -> String {
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

    /// An error when a test failed, or a program did not get to its end.
    pub(in crate::test) fn verdict(&self) -> Result<Outcome, Failure> {
        if self.failed.is_empty() {
            return Ok(Outcome::Passed);
        }
        Err(Failure::new(format!("{} tests failed", self.failed.len()))
            .hint("cargo xtask test PROGRAM, or: cargo test -p PACKAGE NAME_OF_THE_TEST"))
    }

    /// Takes in a program that ended.
    pub(super) fn add(&mut self, report: &Report) {
        let failed_before = self.failed.len();
        report.output.lines().chain(report.errors.lines()).for_each(|line| self.note(line));
        match report.end {
            End::Exited(status) if status.success() => {}
            // Named by its tests already.
            End::Exited(_) if self.failed.len() > failed_before => {}
            End::Exited(status) => {
                self.failed.push(format!("{} ({status}, and no test that says so)", report.name));
            }
            End::TooLate(limit) => {
                let said: Vec<&str> = report.output.lines().chain(report.errors.lines()).collect();
                let last = said[said.len().saturating_sub(LAST_LINES)..].join("\n    ");
                self.failed.push(format!(
                    "{} (not at its end after {} minutes; it said last:\n    {last})",
                    report.name,
                    limit.as_secs() / 60
                ));
            }
        }
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

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;
    use std::time::Duration;

    use super::*;

    fn report(output: &str, errors: &str, end: End) -> Report {
        Report {
            name: "remo-x black_box".to_owned(),
            end,
            took: Duration::ZERO,
            output: output.to_owned(),
            errors: errors.to_owned(),
        }
    }

    fn exited(status: i32) -> End {
        End::Exited(ExitStatus::from_raw(status << 8))
    }

    #[test]
    fn results_of_all_programs_are_added() {
        let mut counts = Counts::default();
        counts.add(&report(
            "running 2 tests\n\
             test a::works ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
            "",
            exited(0),
        ));
        counts.add(&report(
            "test b::slow ... ignored, takes an hour\n\
             test b::breaks ... FAILED\n\
             test result: FAILED. 40 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out\n",
            "skipped: memory_scan: only root may read /proc/PID/mem\n",
            exited(101),
        ));
        assert_eq!(
            counts.summary(),
            "tests: 41 passed, 1 failed, 2 skipped\n  failed: b::breaks\n  skipped: b::slow: takes an hour\n  \
             skipped: memory_scan: only root may read /proc/PID/mem"
        );
        assert!(counts.verdict().is_err());
    }

    #[test]
    fn a_program_that_breaks_off_is_a_failure_though_no_test_says_so() {
        let mut counts = Counts::default();
        counts.add(&report("test a::works ... ok\n", "", End::Exited(ExitStatus::from_raw(11))));
        assert!(counts.summary().contains("failed: remo-x black_box (signal: 11"), "{}", counts.summary());
        assert!(counts.verdict().is_err());
    }

    #[test]
    fn a_program_that_hangs_is_a_failure_with_its_last_lines() {
        let mut counts = Counts::default();
        counts.add(&report("test a::works ... ok\n", "waiting\n", End::TooLate(Duration::from_mins(30))));
        let said = counts.summary();
        assert!(said.contains("remo-x black_box (not at its end after 30 minutes"), "{said}");
        assert!(said.contains("    waiting"), "{said}");
        assert!(counts.verdict().is_err());
    }
}
