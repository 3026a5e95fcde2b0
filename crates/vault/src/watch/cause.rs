//! What makes the watcher look at the store.

use std::fmt;

/// What made the watcher look at the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Start,
    Changed,
    Reconnected,
    Retry,
    Replaced,
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Start => "at start",
            Self::Changed => "the store changed",
            Self::Reconnected => "the broker is back",
            Self::Retry => "tried again",
            Self::Replaced => "somebody else has changed what the broker has",
        })
    }
}
