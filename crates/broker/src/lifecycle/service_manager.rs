//! What the broker tells systemd: that it is ready, that it is alive, and which sockets to keep for it.
//!
//! Without a service manager every call does nothing. A message that cannot be sent is a line in the log: the broker
//! serves with or without it.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use remo_wire::names::ProjectName;
use sd_notify::NotifyState;

use crate::run_directory::SocketIdentity;

/// First part of the name under which a project's socket is kept.
const STORED: &str = "project";

/// Signs of life in one watchdog interval: one may be late.
const BEATS_PER_INTERVAL: u32 = 3;

/// The name of a project's socket in the descriptor store: `project.NAME.DEVICE.INODE`. No project's name has a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredName {
    /// The project.
    pub(super) project: ProjectName,
    /// Which file the socket was bound as.
    pub(super) identity: SocketIdentity,
}

impl StoredName {
    /// Reads a name; nothing when it is not exactly of this form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (kind, project, device, inode) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let identity = SocketIdentity { device: device.parse().ok()?, inode: inode.parse().ok()? };
        let name = Self { project: ProjectName::new(project).ok()?, identity };
        (kind == STORED && parts.next().is_none() && name.to_string() == text).then_some(name)
    }
}

impl std::fmt::Display for StoredName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SocketIdentity { device, inode } = self.identity;
        write!(formatter, "{STORED}.{}.{device}.{inode}", self.project)
    }
}

/// The service manager that started this process, if one did.
#[derive(Debug, Default)]
pub struct ServiceManager {
    is_there: bool,
    beat: Option<Beat>,
    told: String,
}

#[derive(Debug)]
struct Beat {
    interval: Duration,
    next: Instant,
}

impl ServiceManager {
    /// As the environment of this process says.
    pub fn from_environment() -> Self {
        let beat = sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero());
        Self {
            is_there: std::env::var_os("NOTIFY_SOCKET").is_some(),
            beat: beat.map(|interval| Beat { interval: interval / BEATS_PER_INTERVAL, next: Instant::now() }),
            told: String::new(),
        }
    }

    /// Clients can connect.
    pub fn ready(&self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// The configuration is being read again; [`ServiceManager::ready`] follows.
    pub fn reloading(&self) {
        let mut state = vec![NotifyState::Reloading];
        state.extend(NotifyState::monotonic_usec_now());
        self.tell(&state);
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// The line that `systemctl status` shows; sent when it is another than before.
    pub fn status(&mut self, line: String) {
        if self.is_there && line != self.told {
            self.tell(&[NotifyState::Status(&line)]);
            self.told = line;
        }
    }

    /// A sign of life, when one is due. Only the loop calls it: a loop that hangs is killed and started again.
    pub fn beat(&mut self, now: Instant) {
        let Some(beat) = &mut self.beat else { return };
        if now >= beat.next {
            beat.next = now + beat.interval;
            self.tell(&[NotifyState::Watchdog]);
        }
    }

    /// When the next sign of life is due.
    pub fn next_beat(&self) -> Option<Instant> {
        self.beat.as_ref().map(|beat| beat.next)
    }

    /// Has a listening socket kept over restarts, whatever ends this process.
    pub fn keep(&self, project: &ProjectName, identity: SocketIdentity, listener: impl AsFd) {
        let name = StoredName { project: project.clone(), identity }.to_string();
        let state = [NotifyState::FdStore, NotifyState::FdName(&name)];
        self.report(sd_notify::notify_with_fds(&state, &[listener.as_fd()]));
    }

    /// Has it closed.
    pub fn forget(&self, project: &ProjectName, identity: SocketIdentity) {
        let name = StoredName { project: project.clone(), identity }.to_string();
        self.tell(&[NotifyState::FdStoreRemove, NotifyState::FdName(&name)]);
    }

    fn tell(&self, state: &[NotifyState<'_>]) {
        if self.is_there {
            self.report(sd_notify::notify(state));
        }
    }

    fn report(&self, result: std::io::Result<()>) {
        if let (true, Err(error)) = (self.is_there, result) {
            log::warn!("cannot tell the service manager: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_form_are_read() {
        let name = "project.a-b_c.25.1234";
        assert_eq!(StoredName::parse(name).unwrap().to_string(), name);
        for other in [
            "project.a",
            "project.a.1",
            "project.a.1.2.3",
            "other.a.1.2",
            "project.A.1.2",
            "project.a.+1.2",
            "project.a.01.2",
            "project..1.2",
            "project.admin.1.2",
            "stored",
            "",
        ] {
            assert_eq!(StoredName::parse(other), None, "{other}");
        }
    }
}
