//! What the tests in real containers share: a broker, an engine and projects with the feature.

#![expect(clippy::expect_used, reason = "test support: a failed step fails the test that took it")]

mod instance;
mod project;
mod stage;

pub use instance::{Instance, USUAL, configure};
pub use project::{BINDINGS, ContainerProject};
pub use stage::{Stage, unique};
