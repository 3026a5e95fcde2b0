//! The broker's audit log, read while it grows.
//!
//! - [`record`]: one line as columns for a person
//! - [`tail`]: the file: followed over rotation and truncation
//! - [`stream`]: the last records, in bounded memory

mod record;
mod stream;
mod tail;

pub use record::Record;
pub use stream::{RECORDS_MAX, Stream};
pub use tail::{Lines, Tail};
