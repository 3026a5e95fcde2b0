//! The way of a secret, watched from outside: every program that is started, with all its arguments and its whole
//! environment, and everything that is written into a file, as `strace` sees it.
//!
//! A value may be in a pipe, in a socket, in memory, and in the environment of the one command that a project runs
//! with its secrets. The vault key may be in its own file. Neither may be anywhere else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests call is test code too, which clippy.toml exempts only in the tests themselves"
)]

mod check;
mod path;
mod place;
mod trace;
