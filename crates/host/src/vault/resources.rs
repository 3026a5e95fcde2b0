//! The volume and the network of the vault: made once, checked each time.

use std::collections::BTreeMap;

use remo_present::shown::escaped;
use serde::Deserialize;

use super::NAME;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::network::VAULT_BRIDGE;

/// Docker's name for the option that names the interface of a bridge.
const BRIDGE_NAME: &str = "com.docker.network.bridge.name";

/// The one that lets containers of a network reach each other.
const APART: &str = "com.docker.network.bridge.enable_icc";

/// What says that a network or volume was made here.
const LABEL: &str = "remo.vault";

/// Makes the volume unless it is there. It is never removed here.
pub fn volume(engine: &Engine<'_>) -> Result<(), Failure> {
    let failed = |complaint: String| Failure::new(format!("docker: {complaint}"));
    let _ = engine
        .ask(&["volume", "create", "--driver", "local", "--label", "remo.vault=volume", NAME])
        .map_err(failed)?;
    let found = engine
        .ask(&["volume", "inspect", "--format", "{{.Driver}} {{json .Options}}", NAME])
        .map_err(failed)?;
    match found.trim() {
        "local null" | "local {}" => Ok(()),
        other => Err(Failure::new(format!("the volume {NAME} is not a plain one of this host: {other}"))
            .hint("move what is in it to a plain one of that name: docs/guides/vault.md")),
    }
}

/// Makes the network unless it is there.
///
/// A bridge of its own: the engine lets nothing from another bridge in, nor do the rules of `remo network`, which know it
/// by the name of its interface. No port is published.
pub fn network(engine: &Engine<'_>) -> Result<(), Failure> {
    let failed = |complaint: String| Failure::new(format!("docker: {complaint}"));
    let inspect = || engine.ask(&["network", "inspect", "--format", "{{json .}}", NAME]);
    let found = match inspect() {
        Ok(found) => found,
        Err(complaint) if complaint.to_lowercase().contains("no such network") => {
            let _ = engine
                .ask(&[
                    "network",
                    "create",
                    "--driver",
                    "bridge",
                    "--opt",
                    &format!("{APART}=false"),
                    "--opt",
                    &format!("{BRIDGE_NAME}={VAULT_BRIDGE}"),
                    "--label",
                    &format!("{LABEL}=network"),
                    NAME,
                ])
                .map_err(failed)?;
            inspect().map_err(failed)?
        }
        Err(complaint) => return Err(failed(complaint)),
    };
    let found: Network = serde_json::from_str(&found).map_err(|error| {
        Failure::new(format!("what docker says of its networks is not understood: {error}"))
    })?;
    match found.difference() {
        None => Ok(()),
        Some(difference) => Err(Failure::new(format!("the network {NAME} is not the vault's: {difference}"))
            .hint(format!(
                "take what is on it off, and remove it; it is made again: docker network rm {NAME}"
            ))),
    }
}

/// A network as the engine has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Network {
    driver: String,
    #[serde(default)]
    options: Option<BTreeMap<String, String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl Network {
    /// In what it differs from the one that is made here: somebody else may have made one of that name before.
    fn difference(&self) -> Option<String> {
        let of = |map: &Option<BTreeMap<String, String>>, key: &str| {
            map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default()
        };
        let (bridge, apart) = (of(&self.options, BRIDGE_NAME), of(&self.options, APART));
        if self.driver != "bridge" {
            Some(format!("its driver is {}", escaped(&self.driver)))
        } else if bridge != VAULT_BRIDGE {
            Some(format!(
                "its interface is not named {VAULT_BRIDGE}, by which the rules of remo network know it"
            ))
        } else if apart != "false" {
            Some("what is on it is not kept apart".to_owned())
        } else if of(&self.labels, LABEL) != "network" {
            Some(format!("it has no label {LABEL}=network"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_network_that_somebody_else_made_is_told_from_the_vaults() {
        let own = json!({
            "Driver": "bridge", "Labels": {LABEL: "network"}, "Containers": {},
            "Options": {BRIDGE_NAME: VAULT_BRIDGE, APART: "false"}
        });
        let difference = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut network = own.clone();
            change(&mut network);
            serde_json::from_value::<Network>(network).unwrap().difference().unwrap_or_default()
        };
        assert_eq!(difference(&|_| {}), "");
        assert!(difference(&|network| network["Driver"] = json!("macvlan")).contains("driver"));
        assert!(difference(&|network| network["Options"][BRIDGE_NAME] = json!("br-1")).contains("interface"));
        assert!(difference(&|network| network["Options"] = json!(null)).contains("interface"));
        assert!(difference(&|network| network["Options"][APART] = json!("true")).contains("apart"));
        assert!(difference(&|network| network["Labels"] = json!({})).contains("label"));
    }
}
