//! From a configuration to a server that is ready.

use std::error::Error;
use std::fmt;

use super::{InheritedSockets, Signals};
use crate::VERSION;
use crate::audit::Event;
use crate::broker::Broker;
use crate::config::Config;
use crate::run_directory::{RunDirectory, take_lock};
use crate::server::{ReadConfig, Server};
use crate::state::StateDirectory;

/// What could not be done, and why.
#[derive(Debug)]
pub struct StartError {
    attempted: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {}", self.attempted)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

fn attempt<T, E: Into<Box<dyn Error + Send + Sync>>>(
    what: String,
    result: Result<T, E>,
) -> Result<T, StartError> {
    result.map_err(|error| StartError { attempted: what, source: error.into() })
}

/// Prepares everything; when it returns, clients can connect.
pub fn start(
    config: Config,
    inherited: InheritedSockets,
    read_config: ReadConfig,
) -> Result<Server, StartError> {
    let state_dir = config.paths.state_dir.clone();
    let shown = state_dir.display();
    let state = attempt(format!("open the state directory {shown}"), StateDirectory::open(&state_dir))?;
    let state_lock =
        attempt(format!("lock the state directory {shown}"), take_lock(&state_dir.join("lock")))?;
    let paths = &config.paths;
    let what = format!("use the socket directory {}", paths.socket_dir.display());
    let run_directory = attempt(what, RunDirectory::open(&paths.socket_dir, &paths.admin_group))?;
    let signals = attempt("install signal handlers".to_owned(), Signals::install())?;

    let what = format!("open the state in {shown} and the audit log {}", config.audit.path.display());
    let mut broker = attempt(what, Broker::new(config, state, run_directory, state_lock))?;
    let projects = attempt(format!("restore the projects from {shown}"), broker.restore(inherited.projects))?;
    let admin = match inherited.admin {
        Some(listener) => listener,
        None => attempt("open the admin socket".to_owned(), broker.run_directory.bind_admin())?,
    };
    broker.audit.record(&Event::Started { broker_version: VERSION, projects: projects.len() as u64 });
    broker.audit.commit();
    attempt("watch the sockets".to_owned(), Server::new(broker, admin, projects, signals, read_config))
}
