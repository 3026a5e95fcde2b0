//! The launch gate: a checking `docker` in front of the real one.
//!
//! The Dev Containers CLI is given `remo-docker` as its `docker`. What it wants to run is judged as it reaches
//! Docker (the final `run`, `build` or Compose invocation, what an image's metadata added included), never by a
//! file that can change afterwards. [`core`] decides without input or output; [`shim`] asks the host and the
//! engine, and hands over; [`approvals`] keeps what a person approved.
//!
//! Taken for granted: the engine, the user who starts the CLI, and everything outside of the projects root are
//! trusted; a project's files, and images, are not.

pub mod approvals;
pub mod core;
pub mod shim;
