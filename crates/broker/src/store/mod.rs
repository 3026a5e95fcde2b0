//! The secrets in memory: at most one snapshot, and the generation that it carries.

mod snapshot;

use jiff::Timestamp;

pub use snapshot::{HeldSecret, SNAPSHOT_MAX, Snapshot, SnapshotError};

/// What the broker holds. Starts empty and is replaced as one.
#[derive(Debug)]
pub struct SecretStore {
    loaded: Option<Loaded>,
    generation: u64,
    cleared: bool,
}

#[derive(Debug)]
struct Loaded {
    snapshot: Snapshot,
    at: Timestamp,
}

impl SecretStore {
    /// An empty store that continues at `generation`.
    pub fn new(generation: u64, cleared: bool) -> Self {
        Self { loaded: None, generation, cleared }
    }

    /// The snapshot, when one is loaded.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.loaded.as_ref().map(|loaded| &loaded.snapshot)
    }

    /// Takes over a new snapshot; the old one is wiped.
    pub fn replace(&mut self, snapshot: Snapshot, at: Timestamp, generation: u64) {
        self.loaded = Some(Loaded { snapshot, at });
        self.generation = generation;
        self.cleared = false;
    }

    /// Wipes the snapshot.
    pub fn clear(&mut self, generation: u64) {
        self.loaded = None;
        self.generation = generation;
        self.cleared = true;
    }

    /// The generation of what is held, or of the last clear or start.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the store is empty because somebody cleared it.
    pub fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// When the snapshot was pushed.
    pub fn loaded_at(&self) -> Option<Timestamp> {
        self.loaded.as_ref().map(|loaded| loaded.at)
    }

    /// How many secrets are held.
    pub fn len(&self) -> usize {
        self.snapshot().map_or(0, Snapshot::len)
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
