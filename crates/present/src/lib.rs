//! What a person reads on a terminal, for every program that has one: tables that fit, text of others made harmless,
//! and the difference between a manifest and what was approved. Understandable without colour, and without any.
//!
//! - [`shown`]: which characters of others may reach a terminal
//! - [`table`]: columns and wrapped lines
//! - [`approval`]: what an approval would change

pub mod approval;
pub mod shown;
pub mod table;

use std::num::NonZeroUsize;

/// Width of the terminal that standard output is; `None` when it is none, and nothing needs to be cut.
pub fn width() -> Option<NonZeroUsize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    NonZeroUsize::new(columns.into())
}
