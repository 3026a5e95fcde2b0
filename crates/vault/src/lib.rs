//! The trusted side of the product: the encrypted store, the watcher that keeps the broker supplied, and the
//! commands that a person types.
//!
//! - [`source`]: where secrets come from, behind one interface; [`store`] is the embedded one
//! - [`key`]: the vault key
//! - [`login`]: credentials that a tool of its own obtains
//! - [`reseal`]: a store under another key
//! - [`push`]: from a reading to the request that carries it
//! - [`watch`]: pushes at every change
//! - [`overview`]: how all of it stands, judged, without a value
//! - [`tui`]: the same on a terminal, with keys
//! - [`commands`]: one module for each thing that can be typed, over [`cli`]
//!
//! Values are `Secret`s from the moment they are read; the binary installs the wiping allocator for every
//! buffer in between.

pub mod cli;
pub mod commands;
pub mod dotenv;
pub mod exit;
pub mod failure;
pub mod input;
pub mod key;
pub mod login;
pub mod output;
pub mod overview;
pub mod present;
pub mod private_file;
pub mod push;
pub mod pushed;
pub mod question;
pub mod reseal;
pub mod source;
pub mod store;
pub mod tui;
pub mod value;
pub mod watch;

pub use remo_present::shown;
