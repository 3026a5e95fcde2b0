//! The real binary on the real fnox, each time in a directory of its own.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod crash;
#[path = "../remo_vault/killed_writer.rs"]
mod killed_writer;
mod misbehaving;
mod ours;
mod overtaken;
mod reading;
mod removed;
mod restoring;
#[allow(dead_code, reason = "shared with the tests of the embedded store")]
#[path = "../remo_vault/room.rs"]
mod room;
mod secrecy;
mod supplied;
#[allow(dead_code, reason = "shared with the tests of the embedded store")]
#[path = "../remo_vault/watcher.rs"]
mod watcher;
mod watching;
mod writing;
