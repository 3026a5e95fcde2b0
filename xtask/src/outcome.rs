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
        match result {
            Ok(Outcome::Passed) => {
                console::say(&format!("step passed: {name} ({seconds:.1} s)"));
                self.passed.push(name);
            }
            Ok(Outcome::Skipped(reason)) => {
                console::say(&format!("step skipped: {name}: {reason}"));
                self.skipped.push((name, reason));
            }
            Err(failure) => {
                console::say(&failure.to_string());
                console::say(&format!("step FAILED: {name} ({seconds:.1} s)"));
                self.failed.push(name);
            }
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
    fn one_failed_step_fails_the_task_and_the_others_still_run() {
        let mut steps = Steps::default();
        steps.run("first", || Err(Failure::new("broken")));
        steps.run("second", || Ok(Outcome::Passed));
        steps.run("third", || Ok(Outcome::Skipped("no such tool".into())));
        assert_eq!(
            steps.summary(),
            "steps: 1 passed, 1 failed, 1 skipped\n  failed: first\n  skipped: third: no such tool"
        );
        assert!(steps.verdict().is_err());
    }
}
