//! What the containers of one command could do to each other's mounts before these are opened, and a container to its
//! own before the engine starts it again by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Judge;
use super::places::shown;
use crate::core::policy::Policy;
use crate::core::wish::{Asked, Mount, MountKind, Wish};
use crate::core::world::{Place, World};

/// Seen over all wishes of one command before the first is judged.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// What can be written, by what of the command.
    writers: Vec<(String, PathBuf)>,
    /// What is started again, with its policy.
    restarting: BTreeMap<String, String>,
    /// What is made more than once.
    repeated: BTreeSet<String>,
    /// Whether a service gets the mounts of another: then each counts as started again, or made again, if one is.
    shared: bool,
}

impl Together {
    pub(super) fn of(asked: &[Asked], policy: &Policy, world: &dyn World) -> Self {
        let mut together = Self::default();
        for one in asked {
            let part = one.part.clone().unwrap_or_default();
            let paths = match &one.wish {
                Wish::Mount(mount) => written(mount, world),
                Wish::Volume { name, options, .. } => devices(Some(name), options, world),
                Wish::VolumesFrom(name) => {
                    let mounts = world.container(name).ok().flatten().map(|it| it.mounts).unwrap_or_default();
                    mounts.iter().flat_map(|mount| written(mount, world)).collect()
                }
                Wish::Restarts(policy) => {
                    together.restarting.insert(part.clone(), policy.clone());
                    Vec::new()
                }
                Wish::Repeats => {
                    together.repeated.insert(part.clone());
                    together.shared |= one.origin.ends_with(".volumes_from");
                    Vec::new()
                }
                _ => Vec::new(),
            };
            // What does not resolve is refused where it is judged.
            let places = paths.iter().filter_map(|path| world.resolve(&policy.absolute(path)).ok());
            together.writers.extend(places.map(|place| (part.clone(), place.path)));
        }
        together
    }

    /// The restart policy of `part`. What is no container itself (a volume, a secret) has those of all.
    fn restarts(&self, part: &str) -> Option<&str> {
        let is_container = !["volumes.", "secrets.", "configs."].iter().any(|kind| part.starts_with(kind));
        match self.restarting.get(part) {
            None if self.shared || !is_container => self.restarting.values().next(),
            policy => policy,
        }
        .map(String::as_str)
    }

    /// Who of the command could exchange what lies in `parent` before `part` opens it.
    fn writer(&self, part: &str, parent: &Path) -> Option<&(String, PathBuf)> {
        let again = self.shared || self.repeated.contains(part);
        self.writers.iter().find(|(by, place)| (again || by != part) && parent.starts_with(place))
    }
}

/// The directories of the host that a container can write through a mount.
fn written(mount: &Mount, world: &dyn World) -> Vec<PathBuf> {
    match &mount.kind {
        _ if mount.read_only => Vec::new(),
        MountKind::Bind(path) => vec![path.clone()],
        MountKind::Volume { name, options, .. } => devices(name.as_deref(), options, world),
        MountKind::Tmpfs | MountKind::Image(_) => Vec::new(),
    }
}

/// The directories that a volume is, by what it would be made with and by what the engine has under its name.
fn devices(name: Option<&str>, options: &BTreeMap<String, String>, world: &dyn World) -> Vec<PathBuf> {
    let existing = name.and_then(|name| world.volume(name).ok().flatten());
    let existing = existing.and_then(|volume| volume.options.get("device").cloned());
    let paths = options.get("device").cloned().into_iter().chain(existing);
    paths.map(PathBuf::from).filter(|path| path.is_absolute()).collect()
}

impl Judge<'_> {
    /// Refuses a mount that could be another place by the time it is opened, or opened anew.
    pub(super) fn stays(&mut self, place: &Place, origin: &str) {
        let Some(parent) = place.path.parent().filter(|_| place.path != self.policy.project_path) else {
            return;
        };
        let path = shown(&place.path);
        let part = self.part.as_deref().unwrap_or_default();
        if let Some(policy) = self.together.restarts(part) {
            let any = self.together.writers.iter().any(|(_, written)| parent.starts_with(written));
            if any || self.is_a_projects(parent) {
                let words = format!(
                    "{path} is opened anew whenever the engine starts the container again (restart: {policy}), and \
                     could be exchanged by then; leave the restart policy out, or mount the project as a whole"
                );
                return self.verdict.never(words, origin);
            }
        }
        if let Some((by, written)) = self.together.writer(part, parent) {
            let by = if by.is_empty() { "the container itself" } else { by.as_str() };
            let words = format!(
                "{path} could be exchanged by {by}, which can write {}, before it is opened; mount that read-only \
                 there, or the project as a whole here",
                shown(written)
            );
            self.verdict.never(words, origin);
        }
    }

    /// Whether a directory is a project's, any project's, or lies in one; or is what this one has in the run directory.
    fn is_a_projects(&self, directory: &Path) -> bool {
        let all = self.policy.project_path.parent();
        let of_any = all.is_some_and(|all| directory != all && directory.starts_with(all));
        of_any
            || directory.starts_with(&self.policy.project_path)
            || directory.starts_with(&self.policy.own_run_directory)
    }

    /// The mounts of another container: opened anew for this one, so judged anew.
    pub(super) fn volumes_from(&mut self, name: &str, origin: &str) {
        self.own_container(name, "takes the mounts of", origin);
        // A container that does not exist, or cannot be asked about, is refused by now.
        let Ok(Some(container)) = self.world.container(name) else { return };
        for mut mount in container.mounts {
            let origin = format!("{origin}, {}", mount.target);
            self.mount(&mut mount, &origin);
        }
    }
}
