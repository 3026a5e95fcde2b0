//! A real container engine and the real Dev Containers tooling, for tests.
//!
//! [`Engine`] is a `dockerd` of one test program's own, in namespaces of its own: what it mounts, routes and runs is
//! seen by nobody else and ends with it, also when the test program is killed. [`DevContainers`] runs the reference
//! tooling against it. [`Instance`] is a whole host in a container: systemd, an engine of its own, sshd.
//! [`bootstrap`] installs and makes what all of them need.
//!
//! Taken for granted: Linux on Debian, and root. What is missing is a reason that tests pass to
//! [`remo_testkit::skip`]. As in the testkit, a failed step is a panic that names it.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "test support: a failed step fails the test that took it, with the step in the message"
)]

pub mod bootstrap;
mod cache;
mod command;
mod dev_containers;
mod engine;
pub mod feature;
pub mod images;
pub mod instance;
mod leftovers;
pub mod packages;
mod programs;
mod registry;
pub mod vault_image;

pub use command::{Ended, run_within, run_within_with_input};
pub use dev_containers::DevContainers;
pub use engine::Engine;
pub use instance::Instance;
pub use registry::Registry;
