//! Volumes: whose they are, and what they really are.

use std::collections::BTreeMap;
use std::path::Path;

use super::Judge;
use super::places::shown;
use crate::core::names::{Owner, is_volume_name};
use crate::core::policy::PROJECT_LABEL;

impl Judge<'_> {
    /// A named volume: by its name, by what it would be made with, and by what the engine has under the name.
    pub(super) fn volume(
        &mut self,
        name: &str,
        driver: Option<&str>,
        options: &BTreeMap<String, String>,
        origin: &str,
    ) {
        if !is_volume_name(name) {
            return self.verdict.never(format!("{name} is no name of a volume"), origin);
        }
        let owner = self.policy.owner_of(name);
        if owner == Owner::Vault {
            return self.verdict.never(format!("the volume {name} is the vault's"), origin);
        }
        self.volume_driver(driver, options, origin);
        let existing = match self.world.volume(name) {
            Ok(existing) => existing,
            Err(problem) => return self.verdict.never(format!("the volume {name}: {problem}"), origin),
        };
        let label = existing.as_ref().and_then(|volume| volume.labels.get(PROJECT_LABEL));
        let foreign = label.is_some_and(|project| *project != self.policy.project);
        match owner {
            Owner::Own if !foreign => {}
            Owner::Other(other) => {
                let words = format!("uses the volume {name} of the project {other}");
                self.ask("volume", &[("name", name)], origin, words);
            }
            _ => {
                let words = format!("uses the volume {name}, which is not named after the project");
                self.ask("volume", &[("name", name)], origin, words);
            }
        }
        if let Some(existing) = existing {
            let origin = format!("{origin}, as the engine has it");
            self.volume_driver(Some(&existing.driver), &existing.options, &origin);
        }
    }

    /// The driver and its options. A local volume with a device is a mount of that device.
    pub(super) fn volume_driver(
        &mut self,
        driver: Option<&str>,
        options: &BTreeMap<String, String>,
        origin: &str,
    ) {
        if let Some(driver) = driver.filter(|driver| !driver.is_empty() && *driver != "local") {
            return self.verdict.never(format!("the volume driver {driver} is a plugin"), origin);
        }
        if options.keys().any(|key| !matches!(key.as_str(), "type" | "o" | "device" | "size")) {
            return self.verdict.never("a volume with driver options that are not known to the gate", origin);
        }
        let kind = options.get("type").map_or("", String::as_str);
        let mount_options = options.get("o").map_or("", String::as_str);
        let is_bind = mount_options.split(',').any(|option| matches!(option, "bind" | "rbind"))
            || matches!(kind, "none" | "bind");
        let Some(device) = options.get("device") else {
            if is_bind || !mount_options.is_empty() || !kind.is_empty() {
                self.verdict.never("a volume with mount options and no device", origin);
            }
            return;
        };
        if is_bind {
            // The engine mounts it by name when the container starts, link and all.
            let Some(place) = self.place(Path::new(device), origin) else { return };
            self.stays(&place, origin);
            if place.path != Path::new(device) {
                let words =
                    format!("a volume whose device {device} is not the plain path {}", shown(&place.path));
                return self.verdict.never(words, origin);
            }
            if !self.policy.is_inside(&place) {
                let words = format!("a volume that is the directory {device} of the host");
                self.ask("volume-device", &[("device", device), ("options", mount_options)], origin, words);
            }
        } else if kind == "tmpfs" {
            let asked = mount_options.split(',').any(|option| matches!(option, "exec" | "dev" | "suid"));
            if asked {
                let words = format!("a volume in memory with the options {mount_options}");
                self.ask("volume-tmpfs", &[("options", mount_options)], origin, words);
            }
        } else if matches!(kind, "nfs" | "nfs4" | "cifs") {
            let words = format!("a volume on the network: {device}");
            let fields = [("type", kind), ("device", device.as_str()), ("options", mount_options)];
            self.ask("volume-network", &fields, origin, words);
        } else {
            self.verdict.never(format!("a volume that is the device {device}"), origin);
        }
    }
}
