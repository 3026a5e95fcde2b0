//! `cargo xtask try`, as a user runs it: the built program in a pipe, with the real broker, vault and helper.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p xtask --test try_out` writes `docs/try.txt` and `docs/try-fnox.txt` anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests call is test code too, which clippy.toml exempts only in the tests themselves"
)]

mod ending;
mod other_user;
mod own_secrets;
mod programs;
mod skeleton;
mod story;
mod tour;
mod wrong_steps;
