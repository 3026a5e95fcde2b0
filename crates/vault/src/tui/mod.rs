//! `remo-vault tui`: secrets, projects and the audit stream on a terminal, and the keys to change them.
//!
//! - [`keys`] what is typed, [`terminal`] taking and giving back the terminal, [`audit`] the log while it grows
//! - [`state`] what is shown and what a key does, [`view`] how it looks: both pure
//! - `background` threads that gather and that carry out a [`job`]; `driver` ties it together
//!
//! No value is ever on the screen, nor how long one is. Text that others wrote goes through [`text`] first. A step
//! that removes or widens something asks, and what was typed before the question was there does not answer it.

mod age;
pub mod audit;
mod background;
mod change;
mod driver;
pub mod job;
pub mod keys;
mod mail;
mod signals;
pub mod state;
pub mod terminal;
pub mod text;
pub mod view;

pub(crate) use driver::run;
