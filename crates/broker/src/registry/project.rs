//! One registered project: who may ask, what is pinned, and its limits.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use remo_wire::admin::ManifestSummary;
use remo_wire::binding::Bindings;
use remo_wire::names::{ProjectName, SecretName};

use super::changes::Changes;
use super::flood::{RefusalCounter, TokenBucket};
use super::holders::{Holders, Watcher};
use super::lease::Leases;
use crate::config::{CacheConfig, LimitsConfig};
use crate::peer::Peer;
use crate::run_directory::SocketIdentity;

/// The manifest content that a person approved. Only it governs.
#[derive(Debug, Clone)]
pub struct Pin {
    /// The approved file, byte for byte.
    pub source: String,
    /// SHA-256 of `source`.
    pub sha256: String,
    /// When it was approved, RFC 3339 in UTC.
    pub approved_at: String,
    /// `source`, parsed; shared with answers that are being written.
    pub manifest: Arc<ManifestSummary>,
}

/// A project that has a socket.
#[derive(Debug)]
pub struct Project {
    /// Its name.
    pub name: ProjectName,
    /// Its canonical path, as recorded at registration.
    pub path: PathBuf,
    /// Users besides root who may use its socket.
    pub allowed_uids: BTreeSet<u32>,
    /// What is in force; nothing is vended without.
    pub pin: Option<Pin>,
    /// Raised by everything that changes what it could fetch.
    pub view: u64,
    /// Since when what it is vended is as it is.
    pub changes: Changes,
    /// Which views its containers were given.
    pub holders: Holders,
    /// Who watches; filled right before it is shown.
    pub watchers: Vec<Watcher>,
    /// Its running leases.
    pub leases: Leases,
    /// What flood protection knows about it.
    pub flood: FloodState,
    /// Open connections on its socket.
    pub connections: usize,
    /// Bytes of answers that wait for its readers.
    pub unsent: usize,
    /// Its part of the server's turn.
    pub spent: Spent,
    /// Which file its socket is, once it is bound.
    pub socket: Option<SocketIdentity>,
}

/// What a project has had of one turn of the server: one project's flood leaves the others their part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// The turn that is counted.
    pub turn: u64,
    /// Requests that were decided.
    pub requests: usize,
    /// Bytes of their answers.
    pub bytes: usize,
}

/// The counters of for one project.
#[derive(Debug)]
pub struct FloodState {
    /// Denied requests.
    pub denied: TokenBucket,
    /// Bytes of audit lines.
    pub audit: TokenBucket,
    /// Requests refused with `rate_limited`.
    pub limited: RefusalCounter,
    /// Connections refused with `peer_unexpected`.
    pub unexpected: RefusalCounter,
    /// The latest of those peers, for the line that counts them.
    pub unexpected_peer: Option<Peer>,
    /// Connections over the limit.
    pub crowded: RefusalCounter,
}

impl FloodState {
    /// Full buckets with the configured sizes.
    pub fn new(limits: &LimitsConfig, now: Instant) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a budget of more than 2^52 bytes an hour is no limit anyway"
        )]
        let hourly = limits.audit_bytes_per_hour as f64;
        Self {
            denied: TokenBucket::new(
                f64::from(limits.denied_burst),
                f64::from(limits.denied_per_second),
                now,
            ),
            audit: TokenBucket::new(hourly, hourly / 3600.0, now),
            limited: RefusalCounter::default(),
            unexpected: RefusalCounter::default(),
            unexpected_peer: None,
            crowded: RefusalCounter::default(),
        }
    }
}

impl FloodState {
    /// Takes over other limits; what was counted and not written yet stays.
    pub fn set_limits(&mut self, limits: &LimitsConfig, now: Instant) {
        let fresh = Self::new(limits, now);
        self.denied = fresh.denied;
        self.audit = fresh.audit;
    }
}

impl Project {
    /// A project without open connections or leases.
    pub fn new(name: ProjectName, path: PathBuf, allowed_uids: BTreeSet<u32>, flood: FloodState) -> Self {
        Self {
            name,
            path,
            allowed_uids,
            pin: None,
            view: 0,
            changes: Changes::default(),
            holders: Holders::default(),
            watchers: Vec::new(),
            leases: Leases::default(),
            flood,
            connections: 0,
            unsent: 0,
            spent: Spent::default(),
            socket: None,
        }
    }

    /// Whether the pin allows this name. Takes any text, so that a name from the wire needs no copy.
    pub fn allows(&self, name: &str) -> bool {
        self.pin.as_ref().is_some_and(|pin| pin.manifest.bindings.contains_key(name))
    }

    /// Names that the pin allows, sorted.
    pub fn allowlist(&self) -> Vec<SecretName> {
        self.pin.as_ref().map(|pin| pin.manifest.bindings.keys().cloned().collect()).unwrap_or_default()
    }

    /// How long a lease runs: the manifest may lower the broker's setting, never raise it.
    pub fn lease_duration(&self, broker: &CacheConfig) -> Duration {
        let own = self.pin.as_ref().and_then(|pin| pin.manifest.cache.default_ttl_seconds);
        Duration::from_secs(
            own.map_or(broker.default_ttl_seconds, |own| own.min(broker.default_ttl_seconds)).into(),
        )
    }

    /// How many leases it may hold; likewise.
    pub fn lease_entries(&self, broker: &CacheConfig) -> usize {
        let own = self.pin.as_ref().and_then(|pin| pin.manifest.cache.default_max_entries);
        own.map_or(broker.default_max_entries, |own| own.min(broker.default_max_entries)) as usize
    }

    /// Nothing is known of earlier views: it was registered now, or the broker was started.
    pub fn begin(&mut self, view: u64) {
        self.view = view;
        self.changes = Changes::since(view);
    }

    /// Secrets of these names have another value now, or are there or not: its view rises and its leases end.
    pub fn pushed(&mut self, view: u64, names: &BTreeSet<SecretName>) {
        if let Some(pin) = &self.pin {
            self.changes.pushed(view, names, &pin.manifest.bindings);
        }
        self.touch(view);
    }

    /// Nothing is there any more.
    pub fn cleared(&mut self, view: u64) {
        if let Some(pin) = &self.pin {
            self.changes.cleared(view, &pin.manifest.bindings);
        }
        self.touch(view);
    }

    /// Another pin is in force.
    pub fn approved(&mut self, view: u64, pin: Pin) {
        let none = Bindings::new();
        let before = self.pin.as_ref().map_or(&none, |pin| &pin.manifest.bindings);
        self.changes.approved(view, before, &pin.manifest.bindings);
        self.pin = Some(pin);
        self.touch(view);
    }

    fn touch(&mut self, view: u64) {
        self.view = view;
        self.leases.clear();
    }
}
