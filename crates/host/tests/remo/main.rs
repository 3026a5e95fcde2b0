//! The real binary with the real broker, each time in a directory and a home of its own. What needs a container is
//! in the tests of containers.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod cloning;
mod deleting;
mod doctor;
mod help;
mod host_execution;
mod installing;
mod launching;
mod names;
mod stage;
mod terminal;
mod trusting;
mod vault;
