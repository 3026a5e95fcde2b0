//! The steps of a task and how each ended.

use std::fmt::Write as _;
use std::time::Instant;

use crate::console;
use crate::failure::Failure;

/// How a step ended when nothing went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran and found nothing wrong.
    Passed,
    /// It could not run on this machine, for this reason.
    Skipped(String),
}

/// Runs steps one after the other, all of them even when one fails, and keeps how they ended.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    passed: Vec<&'static str>,
    failed: Vec<&'static str>,
    skipped: Vec<(&'static str, String)>,
}

impl Steps {
    /// Runs one step and prints how it ended and how long it took.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Outcome, Failure>) {
        console::announce(name);
        let start = Instant::now();
        let result = step();
        let seconds = start.elapsed().as_secs_f64();
        console::say(&match &result {
            Ok(Outcome::Passed) => format!("step passed: {name} ({seconds:.1} s)"),
            Ok(Outcome::Skipped(reason)) => format!("step skipped: {name}: {reason}"),
            Err(failure) => format!("{failure}\nstep FAILED: {name} ({seconds:.1} s)"),
        });
        self.record(name, result);
    }

    fn record(&mut self, name: &'static str, result: Result<Outcome, Failure>) {
        match result {
            Ok(Outcome::Passed) => self.passed.push(name),
            Ok(Outcome::Skipped(reason)) => self.skipped.push((name, reason)),
            Err(_) => self.failed.push(name),
        }
    }

    /// Takes over the steps of a task that ran as part of this one.
    pub(crate) fn extend(&mut self, other: Self) {
        self.passed.extend(other.passed);
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }

    /// One line with the counts, and the names of what failed or was skipped.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!(
            "steps: {} passed, {} failed, {} skipped",
            self.passed.len(),
            self.failed.len(),
            self.skipped.len()
        );
        for name in &self.failed {
            let _ = write!(text, "\n  failed: {name}");
        }
        for (name, reason) in &self.skipped {
            let _ = write!(text, "\n  skipped: {name}: {reason}");
        }
        text
    }

    /// An error when a step failed.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        if self.failed.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(format!("failed: {}", self.failed.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_task_and_a_skipped_one_is_named() {
        let mut steps = Steps::default();
        steps.record("first", Err(Failure::new("broken")));
        steps.record("second", Ok(Outcome::Passed));
        steps.record("third", Ok(Outcome::Skipped("no such tool".into())));
        assert_eq!(
            steps.summary(),
            "steps: 1 passed, 1 failed, 1 skipped\n  failed: first\n  skipped: third: no such tool"
        );
        assert!(steps.verdict().is_err());
    }
}
