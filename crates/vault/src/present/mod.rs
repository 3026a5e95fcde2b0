//! From the overview to what a person reads: tables that fit the terminal, times as they are spoken, findings with
//! their remedies. Understandable without colour, and without any.

mod findings;
mod time;

pub use findings::findings;
pub use remo_present::table::{Column, Table, wrapped};
pub use remo_present::width;
pub use time::{ago, until};
