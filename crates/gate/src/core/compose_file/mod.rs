//! Compose projects: which files a project is made of ([`sources`]), what the resolved project asks for
//! ([`project`]), and the frozen form that is handed to the real Compose ([`frozen`]).

mod build;
pub mod command;
pub mod dollars;
pub mod frozen;
mod mounts;
pub mod project;
mod resources;
mod service;
pub mod sources;
pub mod yaml;

use super::flags::Unreadable;

/// An error about a Compose file, with the place in it.
fn unreadable(place: &str, problem: &str) -> Unreadable {
    Unreadable(format!("Compose, {place}: {problem}"))
}
