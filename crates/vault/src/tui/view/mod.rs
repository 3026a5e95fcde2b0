//! How the state looks. Pure: a frame is filled from a [`super::state::State`] and nothing else.
//!
//! Rows, from the top: the tabs with the broker's state, the open tab, one line of news, the keys. What is marked by
//! colour is marked by a sign or a word as well.

mod audit;
mod dialog;
mod frame;
mod palette;
mod projects;
mod secrets;
mod status;
mod table;

pub use dialog::{dialog_room, help_lines, trouble_lines};
pub use frame::draw;
pub use palette::Palette;
pub use status::lines as status_lines;
