//! The story of a user, from a login to a project that is gone, with every part real: vault, broker, launcher, gate,
//! engine, tooling, and programs in the containers that know nothing of it.
//!
//! What stays closed without a required secret is in the program `closed`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod first_start;
mod life;
mod vault;
