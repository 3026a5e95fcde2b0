//! The broker without its sockets: the store, the projects, the state on disk and the audit log.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use remo_wire::names::ProjectName;

use crate::audit::{AuditLog, Event};
use crate::config::Config;
use crate::lifecycle::ServiceManager;
use crate::registry::{FloodState, Pin, Project, ProjectKey, Registry};
use crate::run_directory::{ProjectSocket, RunDirectory, SocketIdentity};
use crate::state::{Counters, SavedPin, SavedProject, StateDirectory};
use crate::store::SecretStore;

/// Everything that requests act on. One thread owns it, so every reader sees one snapshot.
#[derive(Debug)]
pub struct Broker {
    /// The configuration in force.
    pub config: Config,
    /// The secrets.
    pub store: SecretStore,
    /// The projects.
    pub registry: Registry,
    /// Generations and views.
    pub counters: Counters,
    /// What survives a restart.
    pub state: StateDirectory,
    /// Where sockets are.
    pub run_directory: RunDirectory,
    /// Who started this process and keeps sockets for it.
    pub service_manager: ServiceManager,
    /// Every attempt on record.
    pub audit: AuditLog,
    /// Made new at each start.
    pub instance_id: String,
    /// When it started.
    pub started: Instant,
    /// Held while the broker runs: a second one on the same state does not start.
    _state_lock: std::fs::File,
}

impl Broker {
    /// A broker with an empty store and no project yet.
    pub fn new(
        config: Config,
        state: StateDirectory,
        run_directory: RunDirectory,
        state_lock: std::fs::File,
    ) -> io::Result<Self> {
        let counters = Counters::load(&state)?;
        Ok(Self {
            store: SecretStore::new(counters.generation(), counters.is_cleared()),
            audit: AuditLog::open(&config.audit)?,
            registry: Registry::default(),
            service_manager: ServiceManager::from_environment(),
            instance_id: instance_id()?,
            started: Instant::now(),
            config,
            counters,
            state,
            run_directory,
            _state_lock: state_lock,
        })
    }

    /// Brings every registered project back from its saved pin. Returns the sockets to listen on.
    ///
    /// A project whose socket cannot be made is named in the log; the others are served.
    pub fn restore(
        &mut self,
        mut inherited: BTreeMap<ProjectName, Vec<ProjectSocket>>,
    ) -> io::Result<Vec<(ProjectKey, ProjectSocket)>> {
        let mut sockets = Vec::new();
        for saved in self.state.load_projects()?.into_iter().filter(|saved| saved.registered) {
            let view = self.counters.next_view(&self.state)?;
            let mut project = self.project_from(saved);
            project.begin(view);
            let opened = self.adopt_socket(&project, inherited.remove(&project.name).unwrap_or_default());
            match opened {
                Ok(socket) => {
                    project.socket = Some(socket.identity);
                    sockets.push((self.registry.insert(project), socket));
                }
                Err(error) => {
                    // Known all the same: the repair that comes every few seconds tries again.
                    log::error!(REMO_PROJECT = project.name.as_str(); "cannot open the socket of {}: {error}", project.name);
                    self.registry.insert(project);
                }
            }
        }
        // Of projects that are not registered any more.
        for (name, sockets) in inherited {
            for socket in sockets {
                self.service_manager.forget(&name, socket.identity);
            }
        }
        Ok(sockets)
    }

    /// Goes on with the socket that a service manager has kept, or opens a new one when there is none to which the
    /// project's name leads: a container may have put another one there in the meantime.
    fn adopt_socket(&mut self, project: &Project, kept: Vec<ProjectSocket>) -> io::Result<ProjectSocket> {
        let identities: Vec<SocketIdentity> = kept.iter().map(|socket| socket.identity).collect();
        let adopted = self.run_directory.adopt_project(project.name.as_str(), kept)?;
        for identity in &identities {
            if adopted.as_ref().is_none_or(|adopted| adopted.identity != *identity) {
                self.service_manager.forget(&project.name, *identity);
            }
        }
        if let Some(adopted) = adopted {
            self.publish_pin(project);
            return Ok(adopted);
        }
        if !identities.is_empty() {
            self.audit.record(&Event::SocketRecovered { project: project.name.as_str() });
        }
        self.open_socket(project)
    }

    /// Binds the socket of a project and publishes its pin.
    pub fn open_socket(&self, project: &Project) -> io::Result<ProjectSocket> {
        let name = project.name.as_str();
        let socket = self.run_directory.bind_project(name)?;
        self.service_manager.keep(&project.name, socket.identity, &socket.listener);
        if let Some(replaced) = project.socket {
            self.service_manager.forget(&project.name, replaced);
        }
        self.publish_pin(project);
        Ok(socket)
    }

    /// Puts the readable copy of the pin where the container sees it. The pin governs with or without it.
    pub fn publish_pin(&self, project: &Project) {
        let source = project.pin.as_ref().map(|pin| pin.source.as_str());
        if let Err(error) = self.run_directory.publish_pin(project.name.as_str(), source) {
            log::warn!(REMO_PROJECT = project.name.as_str(); "cannot publish the pin of {}: {error}", project.name);
        }
    }

    /// A project in memory out of its saved form. A pin that does not parse any more does not govern.
    pub fn project_from(&self, saved: SavedProject) -> Project {
        let flood = FloodState::new(&self.config.limits, Instant::now());
        let pin = saved.pin.and_then(|pin| match restore_pin(pin, &saved.name) {
            Ok(pin) => Some(pin),
            Err(why) => {
                log::error!(
                    REMO_PROJECT = saved.name.as_str();
                    "the pin of {} is not usable, the project needs a new approval: {why}",
                    saved.name
                );
                None
            }
        });
        let mut project = Project::new(saved.name, saved.project_path, saved.allowed_uids, flood);
        project.pin = pin;
        project
    }

    /// The form in which a project is saved.
    pub fn saved_form(project: &Project, registered: bool) -> SavedProject {
        let pin = project.pin.as_ref().map(|pin| SavedPin {
            manifest: pin.source.clone(),
            sha256: pin.sha256.clone(),
            approved_at: pin.approved_at.clone(),
        });
        SavedProject::new(
            project.name.clone(),
            project.path.clone(),
            project.allowed_uids.clone(),
            registered,
            pin,
        )
    }

    /// Writes the refusals that were counted since the last line, and ends what is due.
    pub fn housekeeping(&mut self, now: Instant) {
        for project in self.registry.iter_mut() {
            let name = project.name.as_str();
            let flood = &mut project.flood;
            for (counter, reason) in [(&mut flood.limited, "requests"), (&mut flood.crowded, "connections")] {
                if let Some(count) = counter.due(now) {
                    self.audit.record(&Event::RateLimited { project: name, reason, count });
                }
            }
            if let Some(count) = flood.unexpected.due(now)
                && let Some(peer) = &flood.unexpected_peer
            {
                self.audit.record(&Event::peer_unexpected(name, peer, count));
            }
        }
        self.audit.housekeeping(now);
        if self.counters.wants_reservation()
            && let Err(error) = self.counters.reserve(&self.state)
        {
            log::error!("cannot save the generation in {}: {error}", self.state.path().display());
        }
    }

    /// Whether [`Broker::housekeeping`] has something to do soon.
    pub fn is_busy(&self) -> bool {
        let counted = |project: &Project| {
            let flood = &project.flood;
            flood.limited.is_pending() || flood.crowded.is_pending() || flood.unexpected.is_pending()
        };
        self.audit.is_busy()
            || self.counters.wants_reservation()
            || self.registry.iter().any(|(_, project)| counted(project))
    }
}

fn restore_pin(saved: SavedPin, name: &ProjectName) -> Result<Pin, String> {
    if remo_manifest::digest(saved.manifest.as_bytes()) != saved.sha256 {
        return Err("its content does not have its recorded SHA-256".to_owned());
    }
    let manifest =
        remo_manifest::parse(&saved.manifest, "the pin", name).map_err(|problems| problems.to_string())?;
    Ok(Pin {
        source: saved.manifest,
        sha256: saved.sha256,
        approved_at: saved.approved_at,
        manifest: Arc::new(manifest.summary()),
    })
}

/// 128 random bits in hexadecimal: tells one run of the broker from the next.
fn instance_id() -> io::Result<String> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
