//! The key ladder: the real binary, the real systemd-creds, a TPM in software, the real broker.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod beside_fnox;
mod hangs;
mod instance;
mod killed;
mod moved;
mod pending;
mod places;
#[allow(dead_code, reason = "shared with the tests of the embedded store")]
#[path = "../remo_vault/room.rs"]
mod room;
mod rotation;
mod status;
mod steps;
mod tiers;
mod unit;
#[allow(dead_code, reason = "shared with the tests of the embedded store")]
#[path = "../remo_vault/watcher.rs"]
mod watcher;
