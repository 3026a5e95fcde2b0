//! What the fuzz targets share: a real broker in this process, conversations with its real sockets, and what
//! must be true of every answer.
//!
//! The broker runs in a thread, so that the coverage of its code guides the fuzzer, and it is reached over its
//! sockets like any other. A panic anywhere, the broker's thread included, is a finding.

pub mod admin_answers;
pub mod conversation;
pub mod delivery;
pub mod echo;
pub mod gate_world;
pub mod growth;
pub mod instance;
pub mod manifest_rules;
mod private_directory;
pub mod project_answers;
pub mod template_model;
pub mod tripwire;

pub use instance::Instance;
