//! The real binary, run as a person or a service manager runs it, each time in a directory of its own.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod admin_peer;
mod crash;
mod damage;
mod import;
mod interposer;
mod key;
mod killed_writer;
mod messages;
mod room;
mod secrecy;
mod store;
mod typing;
mod values;
mod watch;
mod watch_life;
mod watch_peer;
mod watch_unit;
mod watcher;
mod writers;
