//! A host for the launch gate: a project with links in it to what it must not get.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use remo_gate::core::policy::{Policy, Protected, Reach};
use remo_gate::core::protected::{Layout, places};
use remo_gate::core::world::{ExistingContainer, ExistingNetwork, ExistingVolume, Identity, Place, World};

/// The project's directory.
pub const PROJECT: &str = "/home/me/projects/project-a";

/// Where the project may go below what is protected.
pub const OWN_SOCKETS: &str = "/run/remo-broker/projects/project-a";

/// Places that nothing of this project ever gets, nor a directory that holds one.
pub const FORBIDDEN: &[&str] = &[
    "/run/remo-broker",
    "/run/docker.sock",
    "/var/lib/remo-vault",
    "/var/lib/remo-vault-key",
    "/run/remo-vault-key",
    "/home/me/.local/state/remo",
    "/srv/docker",
    "/proc",
    "/sys",
];

/// Links of the project: to the sockets, to the home, to the project itself.
const LINKS: &[(&str, &str)] = &[("l", "/run/remo-broker"), ("h", "/home/me"), ("o", PROJECT)];

/// The host. Everything that is asked for exists.
#[derive(Debug)]
pub struct Host;

fn identity(path: &Path) -> Identity {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    (1, hasher.finish())
}

fn followed(path: &Path) -> PathBuf {
    let mut real = PathBuf::from("/");
    for part in path.components().skip(1) {
        if part.as_os_str() == ".." {
            real.pop();
            continue;
        }
        real.push(part);
        let link = real
            .strip_prefix(PROJECT)
            .ok()
            .and_then(|below| LINKS.iter().find(|it| Path::new(it.0) == below));
        if let Some((_, target)) = link {
            real = PathBuf::from(target);
        }
    }
    real
}

impl World for Host {
    fn resolve(&self, path: &Path) -> Result<Place, String> {
        let text = path.to_str().ok_or("is not UTF-8")?;
        if !path.is_absolute() || text.contains('\0') {
            return Err("is no path".to_owned());
        }
        let path = followed(path);
        let chain = path.ancestors().map(identity).collect();
        Ok(Place { identity: Some(identity(&path)), chain, path, socket: false })
    }

    fn volume(&self, name: &str) -> Result<Option<ExistingVolume>, String> {
        // One of the project's names stands for the sockets.
        let device = BTreeMap::from([("o", "bind"), ("type", "none"), ("device", "/run/remo-broker")]);
        let options = device.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let volume = ExistingVolume { driver: "local".to_owned(), options, labels: BTreeMap::new() };
        Ok((name == "project-a_planted").then_some(volume))
    }

    fn network(&self, _: &str) -> Result<Option<ExistingNetwork>, String> {
        Ok(None)
    }

    fn container(&self, name: &str) -> Result<Option<ExistingContainer>, String> {
        Ok(Some(ExistingContainer { name: name.to_owned(), labels: BTreeMap::new(), mounts: Vec::new() }))
    }

    fn writable_by_running(&self) -> Result<Vec<(String, PathBuf)>, String> {
        Ok(Vec::new())
    }

    fn image_labels(&self, _: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        Ok(Some(BTreeMap::new()))
    }
}

/// What the gate holds everything against there.
pub fn policy() -> Policy {
    let layout = Layout {
        projects_root: "/home/me/projects".into(),
        other_projects: vec!["project-b".to_owned()],
        state_directory: "/home/me/.local/state/remo".into(),
        engine_sockets: Vec::new(),
        engine_root: "/srv/docker".into(),
        tool_directories: Vec::new(),
        broker_directory: "/run/remo-broker".into(),
        key_directory: Some("/run/remo-vault-key".into()),
    };
    let protected = |(what, path, reach): (String, PathBuf, Reach)| {
        let place = Host.resolve(&path).expect("an absolute path");
        Protected { what, path: place.path, identity: place.identity, chain: place.chain, reach }
    };
    Policy {
        project: "project-a".to_owned(),
        project_path: PROJECT.into(),
        other_projects: layout.other_projects.clone(),
        protected: places(&layout).into_iter().map(protected).collect(),
        own_run_directory: OWN_SOCKETS.into(),
        tool_directories: Vec::new(),
        working_directory: PROJECT.into(),
        shared_cgroup_namespace: false,
    }
}

/// A path of the host that is handed to the engine.
pub fn assert_given_away_by_nobody(path: &str) {
    if !path.starts_with('/') {
        return;
    }
    let real = followed(Path::new(path));
    assert_eq!(real, Path::new(path), "a link or dots are left in it");
    assert!(!path.contains('\0'), "a NUL byte in {path:?}");
    if real.starts_with(OWN_SOCKETS) {
        return;
    }
    for forbidden in FORBIDDEN {
        let is_or_holds = real.starts_with(forbidden) || Path::new(forbidden).starts_with(&real);
        assert!(!is_or_holds, "{path} is handed over, which is or holds {forbidden}");
    }
}
