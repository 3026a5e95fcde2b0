//! Listening sockets that a service manager holds for the broker, so that no `connect` is refused while it
//! restarts.
//!
//! systemd hands descriptors over by number and names them. The admin socket's name is the unit's to choose; that of
//! a project's socket is ours and says which file it was bound as, so that a name in a folder that a container can
//! write to is held against it and never believed.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;

use remo_wire::names::ProjectName;
use rustix::net::sockopt::{socket_acceptconn, socket_domain, socket_type};
use rustix::net::{AddressFamily, SocketType};

use super::service_manager::StoredName;
use crate::run_directory::ProjectSocket;

/// Names of the admin socket: `FileDescriptorName=` of the unit, or what systemd makes of none.
const ADMIN_NAMES: [&str; 2] = ["admin", "remo-broker.socket"];

/// Sockets that are listening already when the broker starts.
#[derive(Debug, Default)]
pub struct InheritedSockets {
    /// The admin socket.
    pub admin: Option<UnixListener>,
    /// Project sockets; more than one when the broker was killed while it replaced one.
    pub projects: BTreeMap<ProjectName, Vec<ProjectSocket>>,
    /// What was closed instead, and why.
    refused: Vec<String>,
}

impl InheritedSockets {
    /// Takes over what a service manager passed to this process. Call it once, before anything opens descriptors.
    ///
    /// What is no listening Unix socket, or has a name that nobody here gave, is closed.
    pub fn take() -> Self {
        let names: Vec<String> = match sd_notify::listen_fds_with_names() {
            Ok(passed) => passed.map(|(_, name)| name).collect(),
            Err(error) => {
                let refused = vec![format!("what the service manager passed is not taken over: {error}")];
                return Self { refused, ..Self::default() };
            }
        };
        let mut sockets = Self::default();
        let count = u16::try_from(names.len()).unwrap_or(u16::MAX);
        for (descriptor, name) in remo_sys::inherited::take(count).into_iter().zip(names) {
            match listener(descriptor) {
                Ok(listener) => sockets.add(&name, listener),
                Err(why) => sockets.refuse(format!("the descriptor {name:?} is not taken over: {why}")),
            }
        }
        sockets
    }

    /// Names in the log what was closed.
    pub fn report_refused(&self) {
        for refused in &self.refused {
            log::warn!("{refused}");
        }
    }

    fn refuse(&mut self, why: String) {
        self.refused.push(why);
    }

    fn add(&mut self, name: &str, listener: UnixListener) {
        if ADMIN_NAMES.contains(&name) {
            if self.admin.is_some() {
                self.refuse("more than one admin socket was passed; the first one is used".to_owned());
            } else {
                self.admin = Some(listener);
            }
        } else if let Some(StoredName { project, identity }) = StoredName::parse(name) {
            self.projects.entry(project).or_default().push(ProjectSocket { listener, identity });
        } else {
            self.refuse(format!("the socket {name:?} is none of the broker's and is closed"));
        }
    }
}

/// A descriptor as what it has to be: a stream socket of the Unix family that listens.
fn listener(descriptor: OwnedFd) -> Result<UnixListener, String> {
    let socket = descriptor.as_fd();
    let listens = socket_domain(socket).is_ok_and(|family| family == AddressFamily::UNIX)
        && socket_type(socket).is_ok_and(|kind| kind == SocketType::STREAM)
        && socket_acceptconn(socket).is_ok_and(|listens| listens);
    if !listens {
        return Err("it is no listening Unix socket".to_owned());
    }
    let listener = UnixListener::from(descriptor);
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    Ok(listener)
}
