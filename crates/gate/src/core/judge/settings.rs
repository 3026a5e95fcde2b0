//! Capabilities, namespaces, security options and networks.

use super::Judge;
use crate::core::names::{Owner, is_plain};
use crate::core::policy::{COMPOSE_PREFIX, PROJECT_LABEL};
use crate::core::wish::Namespace;

/// Names that stand for a network of the container's own or the engine's default.
const OWN_NETWORKS: &[&str] = &["bridge", "default", "none", ""];

/// Drivers of networks that stay on the host and apart from it.
const OWN_DRIVERS: &[&str] = &["", "default", "bridge", "null"];

impl Judge<'_> {
    pub(super) fn capability(&mut self, name: &str, origin: &str) {
        let upper = name.to_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        self.ask("capability", &[("name", name)], origin, format!("adds the capability {name}"));
    }

    pub(super) fn namespace(&mut self, namespace: Namespace, value: &str, origin: &str) {
        let lower = value.to_lowercase();
        if let Some(name) = lower.strip_prefix("container:").and(value.split_once(':')).map(|it| it.1) {
            let what = format!("shares the {} namespace of", namespace.name());
            return self.own_container(name, &what, origin);
        }
        match (namespace, lower.as_str()) {
            (_, "" | "private") | (Namespace::Ipc, "none" | "shareable") => {}
            (_, "host") => {
                let words = format!("shares the host's {} namespace", namespace.name());
                self.ask("host-namespace", &[("name", namespace.name())], origin, words);
            }
            _ => self.verdict.never(format!("{} {value} is not known to the gate", namespace.name()), origin),
        }
    }

    pub(super) fn security(&mut self, option: &str, origin: &str) {
        let (key, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
        match (key, value) {
            ("no-new-privileges", "" | "true" | "false")
            | ("seccomp" | "apparmor", "builtin" | "docker-default") => {}
            ("label" | "seccomp" | "apparmor" | "systempaths", "disable" | "unconfined") => {
                let words = format!("takes away a protection of the container: {key} {value}");
                self.ask("security", &[("key", key), ("value", value)], origin, words);
            }
            ("label", _) => {
                let words = format!("runs under another label: {value}");
                self.ask("security", &[("key", key), ("value", value)], origin, words);
            }
            _ => self.verdict.never(
                format!("the security option {option}: a profile out of a file is not judged"),
                origin,
            ),
        }
    }

    pub(super) fn network(&mut self, name: &str, options: &[String], origin: &str) {
        for option in options {
            let words = format!("gives the driver of the network {name} the option {option}");
            self.ask("network-option", &[("network", name), ("option", option)], origin, words);
        }
        let lower = name.to_lowercase();
        if lower.starts_with("container:") {
            let other = name.split_once(':').map_or("", |it| it.1);
            return self.own_container(other, "shares the network of", origin);
        }
        if lower == "host" {
            return self.ask(
                "host-namespace",
                &[("name", "network")],
                origin,
                "shares the host's network: it reaches every service of the host",
            );
        }
        if OWN_NETWORKS.contains(&name) {
            return;
        }
        if !is_plain(name) {
            return self.verdict.never(format!("{name} is no name of a network"), origin);
        }
        match self.world.network(name) {
            // An abbreviated identifier or another notation of the name leads to the same network.
            Ok(Some(found)) => {
                let labelled = found.labels.get(PROJECT_LABEL).is_some_and(|it| *it != self.policy.project);
                let compose = found.labels.get(&format!("{COMPOSE_PREFIX}project"));
                let foreign = labelled
                    || compose.is_some_and(|compose| {
                        matches!(self.policy.owner_of(compose), Owner::Other(_) | Owner::Vault)
                    });
                self.network_by_name(&found.name, foreign, origin);
                if found.driver == "host" {
                    self.network("host", &[], origin);
                }
            }
            Ok(None) => self.network_by_name(name, false, origin),
            Err(problem) => self.verdict.never(format!("the network {name}: {problem}"), origin),
        }
    }

    fn network_by_name(&mut self, name: &str, foreign: bool, origin: &str) {
        match self.policy.owner_of(name) {
            Owner::Vault => self.verdict.never(format!("the network {name} is the vault's"), origin),
            Owner::Own if !foreign => {}
            Owner::Other(other) => {
                let words = format!("joins the network {name} of the project {other}");
                self.ask("network", &[("name", name)], origin, words);
            }
            _ if name == "bridge" => {}
            _ => {
                let words = format!("joins the network {name}, which is not named after the project");
                self.ask("network", &[("name", name)], origin, words);
            }
        }
    }

    pub(super) fn network_driver(&mut self, driver: &str, options: &[String], origin: &str) {
        if !OWN_DRIVERS.contains(&driver) {
            let words = format!("makes a network with the driver {driver}");
            self.ask("network-driver", &[("driver", driver)], origin, words);
        }
        for option in options {
            let words = format!("makes a network with the option {option}");
            self.ask("network-driver-option", &[("option", option)], origin, words);
        }
    }
}
