//! The broker as its clients, its operator and its attackers see it: the real binary, real sockets, and what
//! it leaves on disk and in memory. One folder, so that all themes share one test program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod support;

mod admin_plane;
mod approval;
mod audit;
mod bad_input;
mod departures;
mod disk;
mod flood;
mod helpers;
mod holders;
mod kill_rounds;
mod leases;
mod limits;
mod memory;
mod metrics;
mod peers;
mod project_plane;
mod restart;
mod run_directory;
mod service_manager;
mod shutdown;
mod snapshot_consistency;
mod unit;
mod watch;
