//! What the tests in real containers share: a broker, an engine and projects with the feature.

mod project;
mod stage;

pub use project::{BINDINGS, ContainerProject};
pub use stage::Stage;
