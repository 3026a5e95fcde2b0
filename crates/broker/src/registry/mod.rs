//! The registered projects.

mod changes;
pub mod flood;
mod holders;
mod lease;
mod project;

use std::collections::BTreeMap;

use remo_wire::names::ProjectName;
use slab::Slab;

pub use changes::Changes;
pub use holders::{Holders, Watcher};
pub use lease::Leases;
pub use project::{FloodState, Pin, Project, Spent};

/// A project's key while it is registered; connections carry it.
pub type ProjectKey = usize;

/// All registered projects, by key and by name.
#[derive(Debug, Default)]
pub struct Registry {
    projects: Slab<Project>,
    keys: BTreeMap<ProjectName, ProjectKey>,
}

impl Registry {
    /// Adds a project. A project of the same name is replaced; callers look first.
    pub fn insert(&mut self, project: Project) -> ProjectKey {
        let name = project.name.clone();
        let key = self.projects.insert(project);
        if let Some(old) = self.keys.insert(name, key) {
            self.projects.try_remove(old);
        }
        key
    }

    /// Removes a project.
    pub fn remove(&mut self, name: &ProjectName) -> Option<Project> {
        self.keys.remove(name).and_then(|key| self.projects.try_remove(key))
    }

    /// The key of a name.
    pub fn key(&self, name: &ProjectName) -> Option<ProjectKey> {
        self.keys.get(name).copied()
    }

    /// The project behind a key.
    pub fn get(&self, key: ProjectKey) -> Option<&Project> {
        self.projects.get(key)
    }

    /// The project behind a key, to change it.
    pub fn get_mut(&mut self, key: ProjectKey) -> Option<&mut Project> {
        self.projects.get_mut(key)
    }

    /// All projects with their keys, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (ProjectKey, &Project)> {
        self.keys.values().filter_map(|key| self.projects.get(*key).map(|project| (*key, project)))
    }

    /// All projects, to change them, in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Project> {
        self.projects.iter_mut().map(|(_, project)| project)
    }

    /// How many projects there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
