//! The real helper against the real broker, in a private directory with a home of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod check;
mod container;
mod credential;
mod exec;
mod home;
mod keeping;
mod place;
mod shells;
mod stage;
mod start;
mod waiting;
mod watch;
