//! The audit log: every attempt on record, before its answer leaves.

mod event;
mod file;
mod flusher;
mod line;
mod log;
pub mod reader;
#[cfg(feature = "schema")]
pub mod schema;

pub use event::{Decision, Event, Outcome, Record};
pub use log::{AuditLog, Recorded};
