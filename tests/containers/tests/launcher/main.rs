//! The launcher with the real broker, the launch gate, the real engine and the reference tooling: a first start, what
//! needs a restart, and what a project does not get by what it writes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod starts;
mod tests;
