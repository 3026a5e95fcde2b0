//! The vault's container: its image built without a network, its life under `remo vault`, what it keeps and what it
//! keeps to itself. With the real broker, a real engine, the real fnox, and the launch gate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod apart;
mod at_rest;
mod instance;
mod keeping;
mod life;
