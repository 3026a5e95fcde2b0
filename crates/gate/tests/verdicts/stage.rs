//! A host out of a description: what `core` sees through its one window to the world.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use remo_gate::core::mounts::parse_short;
use remo_gate::core::policy::{Policy, Protected};
use remo_gate::core::protected::{Layout, places};
use remo_gate::core::world::{ExistingContainer, ExistingNetwork, ExistingVolume, Identity, Place, World};
use serde::Deserialize;

/// The host in a case of the corpus.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Host {
    /// Symbolic links.
    links: BTreeMap<PathBuf, PathBuf>,
    /// Directories that are the same as another one (bind mounts of the host).
    same: BTreeMap<PathBuf, PathBuf>,
    volumes: BTreeMap<String, BTreeMap<String, String>>,
    foreign_volumes: Vec<String>,
    /// By any of their names, the full name.
    networks: BTreeMap<String, String>,
    /// By any of their names, the project that they belong to.
    containers: BTreeMap<String, String>,
    writable: Vec<PathBuf>,
    /// Of every existing container, in the short notation.
    mounts: Vec<String>,
}

impl Host {
    fn follow(&self, path: &Path) -> PathBuf {
        let mut real = PathBuf::from("/");
        for part in path.components().skip(1) {
            if part.as_os_str() == ".." {
                real.pop();
                continue;
            }
            real.push(part);
            if let Some(target) = self.links.get(&real) {
                let target = real.parent().unwrap().join(target);
                real = self.follow(&target);
            }
        }
        real
    }

    fn identity(&self, path: &Path) -> Identity {
        let mut real = path.to_owned();
        for (alias, of) in &self.same {
            if let Ok(below) = path.strip_prefix(alias) {
                real = if below.as_os_str().is_empty() { of.clone() } else { of.join(below) };
            }
        }
        let mut hasher = DefaultHasher::new();
        real.hash(&mut hasher);
        (1, hasher.finish())
    }

    fn chain(&self, path: &Path) -> Vec<Identity> {
        path.ancestors().map(|path| self.identity(path)).collect()
    }
}

impl World for Host {
    fn resolve(&self, path: &Path) -> Result<Place, String> {
        if !path.is_absolute() {
            return Err("is no path".to_owned());
        }
        let path = self.follow(path);
        Ok(Place { identity: Some(self.identity(&path)), chain: self.chain(&path), path, socket: false })
    }

    fn volume(&self, name: &str) -> Result<Option<ExistingVolume>, String> {
        Ok(self.volumes.get(name).map(|options| ExistingVolume {
            driver: "local".to_owned(),
            options: options.clone(),
            labels: if self.foreign_volumes.contains(&name.to_owned()) {
                BTreeMap::from([("remo.project".to_owned(), "project-b".to_owned())])
            } else {
                BTreeMap::new()
            },
        }))
    }

    fn network(&self, name: &str) -> Result<Option<ExistingNetwork>, String> {
        Ok(self.networks.get(name).map(|name| ExistingNetwork {
            name: name.clone(),
            driver: "bridge".to_owned(),
            labels: BTreeMap::new(),
        }))
    }

    fn container(&self, name: &str) -> Result<Option<ExistingContainer>, String> {
        Ok(self.containers.get(name).map(|project| ExistingContainer {
            name: name.to_owned(),
            labels: BTreeMap::from([("remo.project".to_owned(), project.clone())]),
            mounts: self.mounts.iter().map(|text| parse_short(text).unwrap()).collect(),
        }))
    }

    fn writable_by_running(&self) -> Result<Vec<(String, PathBuf)>, String> {
        Ok(self.writable.iter().map(|path| ("someone".to_owned(), path.clone())).collect())
    }

    fn image_labels(&self, _: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        Ok(Some(BTreeMap::new()))
    }
}

/// The policy of `project-a` on that host.
pub(crate) fn policy(host: &Host) -> Policy {
    let other_projects = vec!["project-b".to_owned(), "project-a-b".to_owned()];
    let layout = Layout {
        projects_root: "/home/me/projects".into(),
        other_projects: other_projects.clone(),
        state_directory: "/home/me/.local/state/remo".into(),
        engine_sockets: vec!["/run/user/1000/docker.sock".into()],
        engine_root: "/srv/docker".into(),
        tool_directories: vec!["/tmp/devcontainercli-me".into()],
        broker_directory: "/run/remo-broker".into(),
        key_directory: None,
    };
    let protected = places(&layout)
        .into_iter()
        .map(|(what, path, reach)| {
            let place = host.resolve(&path).unwrap();
            Protected { what, path: place.path, identity: place.identity, chain: place.chain, reach }
        })
        .collect();
    Policy {
        project: "project-a".to_owned(),
        project_path: "/home/me/projects/project-a".into(),
        other_projects,
        protected,
        own_run_directory: "/run/remo-broker/projects/project-a".into(),
        tool_directories: layout.tool_directories,
        working_directory: "/home/me/projects/project-a".into(),
        shared_cgroup_namespace: false,
    }
}
