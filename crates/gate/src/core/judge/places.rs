//! Paths of the host: what is mounted, what is read, which devices.

use std::path::{Path, PathBuf};

use super::{Judge, is_bind, reading_words};
use crate::core::finding::printable;
use crate::core::wish::{Mount, MountKind, Reading};
use crate::core::world::Place;

/// Options of a mount that change nothing outside of the container.
const HARMLESS_OPTIONS: &[&str] = &[
    "z",
    "Z",
    "cached",
    "delegated",
    "consistent",
    "nocopy",
    "private",
    "rprivate",
    "volume-nocopy",
    "bind-nonrecursive",
    "bind-create-src",
];

/// The same, for options with a value.
const HARMLESS_KEYS: &[&str] = &[
    "consistency",
    "volume-nocopy",
    "volume-subpath",
    "image-subpath",
    "tmpfs-size",
    "tmpfs-mode",
    "size",
    "mode",
    "uid",
    "gid",
    "nr_inodes",
    "bind-nonrecursive",
    "bind-recursive",
    "bind-create-src",
];

impl Judge<'_> {
    pub(super) fn mount(&mut self, mount: &mut Mount, origin: &str) {
        self.mount_options(mount, origin);
        match &mut mount.kind {
            MountKind::Bind(path) => {
                let Some(place) = self.place(path, origin) else { return };
                path.clone_from(&place.path);
                self.stays(&place, origin);
                if self.policy.is_of_the_cli(&place) {
                    let words = format!("{} is where the Dev Containers CLI builds from", shown(&place.path));
                    return self.verdict.never(words, origin);
                }
                if !self.policy.is_inside(&place) && !self.is_own_run_directory(&place) {
                    let access = if mount.read_only { "read-only" } else { "read-write" };
                    let (source, target) = (shown(&place.path), mount.target.clone());
                    let words = format!("mounts {source} of the host at {target}, {access}");
                    self.ask(
                        "bind",
                        &[("source", &source), ("target", &target), ("access", access)],
                        origin,
                        words,
                    );
                }
            }
            MountKind::Volume { name: Some(name), driver, options } => {
                let name = name.clone();
                self.volume(&name, driver.as_deref(), options, origin);
            }
            MountKind::Volume { name: None, driver, options } => {
                self.volume_driver(driver.as_deref(), options, origin);
            }
            MountKind::Tmpfs | MountKind::Image(_) => {}
        }
    }

    fn mount_options(&mut self, mount: &Mount, origin: &str) {
        for option in &mount.options {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let value = if key == "bind-propagation" { value } else { option.as_str() };
            match value {
                _ if HARMLESS_OPTIONS.contains(&value) || HARMLESS_KEYS.contains(&key) => {}
                "shared" | "rshared" | "slave" | "rslave" => {
                    let words = format!("shares later mounts at {} with the host ({value})", mount.target);
                    self.ask("propagation", &[("target", &mount.target), ("value", value)], origin, words);
                }
                "exec" | "dev" | "suid" if mount.kind == MountKind::Tmpfs => {
                    let words = format!("memory at {} from which programs may run ({value})", mount.target);
                    self.ask("tmpfs", &[("target", &mount.target), ("value", value)], origin, words);
                }
                "rw" | "ro" | "noexec" | "nosuid" | "nodev" | "noatime" | "relatime"
                    if mount.kind == MountKind::Tmpfs => {}
                _ if key == "volume-label" => {
                    let label = option.trim_start_matches("volume-label=");
                    let (key, value) = label.split_once('=').unwrap_or((label, ""));
                    self.label(key, value, origin);
                }
                _ => {
                    self.verdict.never(format!("the mount option {option} is not known to the gate"), origin);
                }
            }
        }
        if is_bind(&mount.kind) && mount.target.starts_with("/proc") {
            self.verdict.never("a mount over the container's /proc", origin);
        }
    }

    /// Resolves a path and refuses what is protected or could be exchanged while it is used.
    pub(super) fn place(&mut self, path: &Path, origin: &str) -> Option<Place> {
        let place = match self.world.resolve(&self.policy.absolute(path)) {
            Ok(place) => place,
            Err(problem) => {
                self.verdict.never(format!("{}: {problem}", shown(path)), origin);
                return None;
            }
        };
        if let Some(protected) = self.policy.protected_by(&place) {
            let words = if place.path == protected.path {
                format!("{} is {}", shown(&place.path), protected.what)
            } else {
                format!("{} leads to {}: {}", shown(&place.path), protected.what, shown(&protected.path))
            };
            self.verdict.never(words, origin);
            return None;
        }
        if place.path == self.policy.project_path {
            return Some(place);
        }
        match self.world.writable_by_running() {
            Ok(writable) => {
                let parent = place.path.parent().unwrap_or(&place.path);
                let found = writable.into_iter().find(|(_, writable)| parent.starts_with(writable));
                if let Some((container, _)) = found {
                    let words = format!(
                        "{} could be exchanged by the running container {container} while it is opened",
                        shown(&place.path)
                    );
                    self.verdict.never(words, origin);
                }
            }
            Err(problem) => self.verdict.never(problem, origin),
        }
        Some(place)
    }

    fn is_own_run_directory(&self, place: &Place) -> bool {
        place.path.starts_with(&self.policy.own_run_directory)
    }

    pub(super) fn read(&mut self, reading: Reading, path: &mut PathBuf, origin: &str) {
        let Some(place) = self.place(path, origin) else { return };
        path.clone_from(&place.path);
        // Compose mounts these when a container begins; others are copied.
        let of = |kind: &str| self.part.as_deref().is_some_and(|part| part.starts_with(kind));
        if reading == Reading::Private && (of("configs.") || of("secrets.")) {
            self.stays(&place, origin);
        }
        if self.policy.is_inside(&place) || self.policy.is_generated(&place, reading) {
            return;
        }
        let (kind, meaning) = reading_words(reading);
        let place = shown(&place.path);
        self.ask(kind, &[("path", &place)], origin, format!("{meaning}: {place}"));
    }

    pub(super) fn device(&mut self, text: &mut String, origin: &str) {
        let parts: Vec<&str> = text.split(':').collect();
        let (host, target, permissions) = match parts[..] {
            // Devices of a kind that the engine resolves by itself, such as `vendor.com/class=name`.
            [name] if !name.starts_with('/') && name.contains('=') => {
                let name = name.to_owned();
                return self.ask(
                    "device",
                    &[("device", &name)],
                    origin,
                    format!("gives the container the device {name}"),
                );
            }
            [host] => (host, host, "rwm"),
            [host, permissions] if !permissions.starts_with('/') => (host, host, permissions),
            [host, target] => (host, target, "rwm"),
            [host, target, permissions] => (host, target, permissions),
            _ => return self.verdict.never("a device that is not host:container:permissions", origin),
        };
        if permissions.is_empty() || permissions.chars().any(|letter| !"rwm".contains(letter)) {
            return self.verdict.never("a device with permissions that are none of r, w and m", origin);
        }
        let target = target.to_owned();
        let permissions = permissions.to_owned();
        match self.world.resolve(&self.policy.absolute(Path::new(host))) {
            Ok(place) if place.path.starts_with("/dev") && place.path != Path::new("/dev") => {
                *text = format!("{}:{target}:{permissions}", shown(&place.path));
                let words = format!("gives the container the device {text}");
                self.ask("device", &[("device", text)], origin, words);
            }
            Ok(place) => {
                self.verdict.never(format!("{} is no device below /dev", shown(&place.path)), origin);
            }
            Err(problem) => self.verdict.never(problem, origin),
        }
    }
}

/// A path for messages and grants; bytes that are no UTF-8 are marked.
pub(super) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}
