//! How much was asked and answered, for monitoring: a file in the Prometheus text format.
//!
//! [`Tally`] counts what the audit log records, so the two cannot tell different stories. [`text()`] renders it;
//! [`MetricsFile`] writes it beside its place and renames it, so that no reader sees half of it. Names of projects are
//! in it only when the configuration allows; names of secrets and values never.

mod exporter;
mod file;
mod tally;
mod text;

pub use exporter::Exporter;
pub use file::MetricsFile;
pub use tally::Tally;
pub use text::{State, text};
