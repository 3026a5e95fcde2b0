//! What can be open on top of a tab.

use super::entry::{NameEntry, ValueEntry};
use super::question::Question;
use crate::failure::Failure;

/// What is open on top of a tab.
#[derive(Debug)]
pub enum Dialog {
    /// All keys, in words.
    Help {
        /// The first line that is shown.
        top: usize,
    },
    /// Something did not work.
    Trouble(Trouble),
    /// A step that needs a yes.
    Question(Question),
    /// The name of a secret that is to be set.
    Name(NameEntry),
    /// Its value.
    Value(ValueEntry),
}

/// Something that did not work, shown until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What, on one line.
    pub problem: String,
    /// What to do.
    pub hint: Option<String>,
    /// The first line that is shown.
    pub top: usize,
}

impl Trouble {
    /// A problem with its hint.
    pub fn new(problem: impl Into<String>, hint: Option<String>) -> Self {
        Self { problem: problem.into(), hint, top: 0 }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let (problem, hint) = failure.into_parts();
        Self::new(problem, hint)
    }
}
