//! The broker: the host daemon that holds the secrets in memory and vends to each project exactly what its
//! pin names.
//!
//! Rooms, from the outside in:
//! - [`command_line`], [`config`], [`lifecycle`]: how it starts and ends
//! - [`server`]: the loop over sockets; [`run_directory`]: where they are; [`peer`]: who is at the other end
//! - [`dispatch`]: decisions about requests, without input or output; [`admin`]: the control plane
//! - [`store`], [`registry`], [`state`]: secrets in memory, projects, and what survives a restart
//! - [`audit`]: every attempt on record
//! - [`metrics`]: how much was asked and answered, for monitoring
//! - [`manifest_file`]: reading what an untrusted project asks for

pub mod admin;
pub mod audit;
pub mod broker;
pub mod command_line;
pub mod config;
pub mod dispatch;
pub mod exit_status;
pub mod lifecycle;
pub mod manifest_file;
pub mod metrics;
pub mod peer;
pub mod registry;
pub mod run_directory;
pub mod server;
pub mod state;
pub mod store;

/// Version of this build, as `ping`, `status` and `--version` show it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
