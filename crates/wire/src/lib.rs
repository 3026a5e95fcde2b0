//! Wire protocol, version 2: the messages of both planes, their framing, and the client that every other
//! part of the product uses to talk to the broker.
//!
//! The protocol is newline-delimited JSON over `SOCK_STREAM` Unix sockets, one object a line. The
//! *project plane* ([`project`]) serves one container each; the *admin plane* ([`admin`]) serves the vault
//! and the host tools and has no operation that returns a value.
//!
//! The message types do no input or output; only [`client`] opens a socket.

pub mod admin;
pub mod binding;
pub mod client;
pub mod decode;
pub mod error;
pub mod framing;
pub mod limits;
pub mod names;
pub mod ok;
pub mod project;
#[cfg(feature = "schema")]
pub mod schema;
pub mod value;

/// The protocol version that this crate speaks. Within it, changes only add.
pub const PROTOCOL_VERSION: u32 = 2;
