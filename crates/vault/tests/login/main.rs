//! `remo-login` as a person or a timer runs it: with the real tools where they are installed, against stand-ins for
//! the services that those talk to.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy.toml exempts test functions, not what they share; a test may stop at the first surprise"
)]

mod attacks;
mod aws;
mod claude;
mod docker;
mod fnox;
mod gh;
mod guides;
mod homes;
mod interruption;
mod npm;
mod pages;
mod questions;
mod records;
#[path = "../remo_vault/room.rs"]
#[allow(dead_code, reason = "shared with the tests of remo-vault, which use more of it")]
mod room;
mod scene;
mod stand_in;
#[path = "../remo_vault/watcher.rs"]
#[allow(dead_code, reason = "shared with the tests of remo-vault, which use more of it")]
mod watcher;
