//! The places of an instance that no project gets.

use std::path::{Path, PathBuf};

use super::policy::Reach;

/// Where things are on this instance.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The directory of all projects.
    pub projects_root: PathBuf,
    /// The names of the other projects.
    pub other_projects: Vec<String>,
    /// The launcher's own state.
    pub state_directory: PathBuf,
    /// Sockets of the engine.
    pub engine_sockets: Vec<PathBuf>,
    /// Where the engine keeps images, containers and volumes.
    pub engine_root: PathBuf,
    /// Where the Dev Containers CLI keeps what it builds from.
    pub tool_directories: Vec<PathBuf>,
    /// The broker's run directory.
    pub broker_directory: PathBuf,
    /// The folder of the unsealed vault key, where it is not in the usual place.
    pub key_directory: Option<PathBuf>,
}

/// Places that are what they are on every instance: what it is, where, and how far it reaches.
const EVERYWHERE: &[(&str, &str, Reach)] = &[
    ("the host's root", "/", Reach::Holding),
    ("the kernel's view of processes", "/proc", Reach::Whole),
    ("the kernel's view of devices", "/sys", Reach::Whole),
    ("the host's devices", "/dev", Reach::Whole),
    ("the vault's key", "/run/remo-vault-key", Reach::Whole),
    ("the vault's key", "/var/lib/remo-vault-key", Reach::Whole),
    ("the vault's store", "/var/lib/remo-vault", Reach::Whole),
    ("the broker's state", "/var/lib/remo-broker", Reach::Whole),
    ("the broker's log", "/var/log/remo-broker", Reach::Whole),
    ("the Docker socket", "/run/docker.sock", Reach::Whole),
    ("the Docker socket", "/var/run/docker.sock", Reach::Whole),
    ("the engine's run directory", "/run/docker", Reach::Whole),
    ("the engine's run directory", "/run/containerd", Reach::Whole),
    ("another engine's socket", "/run/podman", Reach::Whole),
    ("the engine's storage", "/var/lib/docker", Reach::Whole),
    ("the engine's storage", "/var/lib/containerd", Reach::Whole),
    ("the host's sealed credentials", "/run/credentials", Reach::Whole),
    ("the host's sealed credentials", "/etc/credstore", Reach::Whole),
    ("the host's sealed credentials", "/etc/credstore.encrypted", Reach::Whole),
    ("the key of the host's credentials", "/var/lib/systemd/credential.secret", Reach::Whole),
];

/// Every protected place of an instance.
pub fn places(layout: &Layout) -> Vec<(String, PathBuf, Reach)> {
    let mut places: Vec<(String, PathBuf, Reach)> = EVERYWHERE
        .iter()
        .map(|(what, path, reach)| ((*what).to_owned(), PathBuf::from(path), *reach))
        .collect();
    let mut add = |what: &str, path: &Path, reach| places.push((what.to_owned(), path.to_owned(), reach));
    add("the broker's sockets", &layout.broker_directory, Reach::Whole);
    for admin in ["admin", "admin.sock"] {
        add("the broker's admin socket", &layout.broker_directory.join(admin), Reach::Whole);
    }
    add("the launcher's state", &layout.state_directory, Reach::Whole);
    add("the engine's storage", &layout.engine_root, Reach::Whole);
    add("the directory of all projects", &layout.projects_root, Reach::Holding);
    if let Some(folder) = &layout.key_directory {
        add("the vault's key", folder, Reach::Whole);
    }
    for socket in &layout.engine_sockets {
        add("the Docker socket", socket, Reach::Whole);
    }
    for directory in &layout.tool_directories {
        add("what the Dev Containers CLI builds from", directory, Reach::Holding);
    }
    for project in &layout.other_projects {
        let directory = layout.projects_root.join(project);
        let what = format!("the configuration of the project {project}");
        add(&what, &directory.join(".remo"), Reach::Whole);
        add(&what, &directory.join(".devcontainer"), Reach::Whole);
    }
    places
}
