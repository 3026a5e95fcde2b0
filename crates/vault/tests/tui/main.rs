//! `remo-vault tui` in a real terminal, with the real broker and the real watcher.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod approving;
mod audit;
mod broker;
mod captures;
mod changing;
mod ending;
mod hostile;
mod looks;
mod questions;
mod secrecy;
mod vault;
