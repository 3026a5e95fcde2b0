//! The broker of this project: finding its socket, connecting, asking.

use std::path::{Path, PathBuf};
use std::time::Duration;

use remo_wire::client::Client;
use remo_wire::names::ProjectName;

use super::Vended;
use super::fault::Fault;
use crate::failure::Failure;
use crate::settings::{SOCKET_DIRECTORY, Settings};

/// The socket of the control plane, which stands in the same directory on the host.
const ADMIN_SOCKET: &str = "admin.sock";

/// A connection that was checked.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The connection.
    pub client: Client,
    /// The project that it serves.
    pub project: ProjectName,
}

/// How to reach the broker for this project.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    project: Option<ProjectName>,
    socket: Option<PathBuf>,
}

impl Broker {
    /// As the settings say; nothing is opened yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { project: settings.project.clone(), socket: settings.socket.clone() }
    }

    /// Connects, and checks protocol version and project. Each answer may take `timeout`.
    pub(crate) fn connect(&self, timeout: Duration) -> Result<Connection, Fault> {
        let socket = match &self.socket {
            Some(socket) => socket.clone(),
            None => only_socket(Path::new(SOCKET_DIRECTORY))?,
        };
        let mut client = Client::connect_within(&socket, timeout)?;
        let answer = client.ping()?;
        match &self.project {
            Some(project) if answer.project != *project => Err(Fault::Final(
                Failure::unavailable(format!(
                    "the socket {} serves the project {}, not {project}",
                    socket.display(),
                    answer.project
                ))
                .hint("check --project and --socket, or REMO_PROJECT and REMO_BROKER_PROJECT_SOCKET"),
            )),
            _ => Ok(Connection { client, project: answer.project }),
        }
    }

    /// A second connection, which tells when the view is another than `view`, and at once without one.
    pub(crate) fn watch(&self, view: Option<u64>, timeout: Duration) -> Result<Client, Fault> {
        let mut client = self.connect(timeout)?.client;
        client.watch(view)?;
        Ok(client)
    }
}

impl Connection {
    /// Every secret of the pin, and what follows from it.
    pub(crate) fn fetch(&mut self) -> Result<Vended, Fault> {
        Ok(Vended::new(self.project.clone(), self.client.fetch()?))
    }
}

/// The only project socket in `directory`.
fn only_socket(directory: &Path) -> Result<PathBuf, Fault> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name != ADMIN_SOCKET && Path::new(&name).extension().is_some_and(|extension| extension == "sock") {
            found.push(entry.path());
        }
    }
    found.sort();
    match found.as_slice() {
        [socket] => Ok(socket.clone()),
        [] => Err(Fault::passing(
            Failure::unavailable(format!("there is no project socket in {}", directory.display())).hint(
                "name the socket with --socket, or the project with --project; on the instance the project has to be registered",
            ),
        )),
        several => {
            let names: Vec<_> = several.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
            Err(Fault::Final(
                Failure::usage(format!(
                    "{} holds sockets of several projects: {}",
                    directory.display(),
                    names.join(", ")
                ))
                .hint("name the project with --project"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_socket_is_taken_and_more_than_one_is_a_question() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(only_socket(directory.path()), Err(Fault::Passing { .. })));
        assert!(matches!(only_socket(Path::new("/nonexistent")), Err(Fault::Passing { .. })));
        for name in ["admin.sock", "manifest.toml", "a.sock"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(only_socket(directory.path()), Ok(directory.path().join("a.sock")));
        std::fs::write(directory.path().join("b.sock"), "").unwrap();
        let Err(Fault::Final(failure)) = only_socket(directory.path()) else { panic!() };
        assert!(failure.to_string().contains("a, b"), "{failure}");
    }
}
