//! Listening sockets that a service manager holds for the broker, so that no `connect` is refused while it
//! restarts. The seam is here; taking them over belongs to the systemd integration.

use std::collections::BTreeMap;
use std::os::unix::net::UnixListener;

use remo_wire::names::ProjectName;

/// Sockets that are listening already when the broker starts.
#[derive(Debug, Default)]
pub struct InheritedSockets {
    /// The admin socket.
    pub admin: Option<UnixListener>,
    /// Project sockets.
    pub projects: BTreeMap<ProjectName, UnixListener>,
}
