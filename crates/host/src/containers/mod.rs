//! What the launcher remembers of each project: the container that was made, by its id, and where it may run.
//!
//! The files lie in the launcher's state folder, which no container gets. One that is not as it was written is an
//! error: nothing starts then.

mod file;
mod history;

pub use file::{Store, make_private};
pub use history::{Container, History, is_container_id};
