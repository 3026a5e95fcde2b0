//! From the overview to what a person reads: tables that fit the terminal, times as they are spoken, findings with
//! their remedies. Understandable without colour, and without any.

mod findings;
mod table;
mod time;

use std::num::NonZeroUsize;

pub use findings::findings;
pub use table::{Column, Table, wrapped};
pub use time::{ago, until};

/// Width of the terminal that standard output is; `None` when it is none, and nothing needs to be cut.
pub fn width() -> Option<NonZeroUsize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    NonZeroUsize::new(columns.into())
}
