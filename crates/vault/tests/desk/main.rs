//! The helper commands and the message on entry, run under their own names against the real broker and the real
//! watcher.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod captures;
mod exit_codes;
mod hostile;
mod list_creds;
mod logins;
mod message;
mod normal;
mod reload;
mod room;
mod secrecy;
mod snapshots;
mod stores;
mod terminal;
mod test_project;
mod vend_status;
