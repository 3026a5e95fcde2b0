//! The decisions, without input or output.
//!
//! A command line ([`command_line`]) or a resolved Compose project ([`compose_file`]) or an existing container
//! ([`inspected`]) is read into a list of [`wish::Asked`]: what is asked for, and where it came from.
//! [`judge`] holds each wish against a [`policy::Policy`]. What the host looks like comes in through
//! [`world::World`].

pub mod build;
pub mod command_line;
pub mod compose_file;
pub mod finding;
pub mod flags;
pub mod inspected;
pub mod judge;
pub mod mounts;
pub mod names;
pub mod policy;
pub mod ports;
pub mod protected;
pub mod run;
pub mod tables;
pub mod wish;
pub mod world;
