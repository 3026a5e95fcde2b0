//! Rotation without a restart: what a push, a revocation and a restart of the broker do to the files of a running
//! container, what `remo status` says about it, and what a container can do against it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod attacks;
mod figures;
mod scene;
mod story;
