//! Starting a project: where it may run, how it is started, and how one gets in.
//!
//! [`place`] decides without input or output where a project runs. [`up`] makes and starts its container behind the
//! launch gate, [`enter`] opens a shell in it, [`on_host`] one on the host.

pub mod configuration;
pub mod enter;
pub mod feature;
pub mod image;
pub mod on_host;
pub mod outcome;
pub mod place;
pub mod progress;
pub mod remote_environment;
pub mod secrets;
pub mod tooling;
pub mod turn;
pub mod up;
