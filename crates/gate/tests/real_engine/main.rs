//! The real binary in front of a real engine, real Compose and the real Dev Containers CLI.
//!
//! Needs root, `dockerd`, `docker` and a static `busybox`; what is missing is said and skipped.

#![expect(clippy::unwrap_used, reason = "a failed step fails its test, with the step in the message")]

mod cli;
mod compose;
mod docker;
mod engine;
mod stage;
