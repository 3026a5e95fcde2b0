//! What stays closed: without its required secrets nothing of the user's runs, and the tooling says why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod refusals;
mod scene;
mod tests;
