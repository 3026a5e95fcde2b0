//! Real daemons in a private directory, for tests, benches and the try-out.
//!
//! Nothing here stands in for a part of the product: [`Broker`] runs the real binary, [`RawConnection`] talks
//! to its real sockets, [`memory_scan`] and [`file_scan`] look at what it really left in memory and on disk.
//!
//! Taken for granted: Linux with `/proc` and a memory-backed `/dev/shm`. What needs root says so through
//! [`skip`]. A condition that does not come about within its deadline is a panic that names it: this is test
//! support, and a panic is how a test fails.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "test support: a failed step fails the test that took it, with the step in the message"
)]

pub mod audit;
pub mod binaries;
mod broker;
pub mod chance;
mod directory;
mod disk;
pub mod fnox;
mod needle;
mod project;
mod raw;
mod scan;
pub mod skip;
mod swtpm;
mod terminal;
pub mod wait;

pub use broker::{Broker, BrokerOptions, Ended, bundle, payload, registration, secret_name};
pub use directory::PrivateDirectory;
pub use disk::SmallDisk;
pub use needle::Needle;
pub use project::Project;
pub use raw::RawConnection;
pub use scan::{Finding, Scan, file_scan, memory_scan};
pub use swtpm::Swtpm;
pub use terminal::Terminal;
