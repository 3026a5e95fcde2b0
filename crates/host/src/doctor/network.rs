//! What containers reach (R-8.4).

use std::collections::BTreeMap;

use remo_present::shown::escaped;
use remo_wire::names::VAULT_NAME;
use serde::Deserialize;

use super::{Check, Verdict};
use crate::containers::Store;
use crate::engine::{Engine, Inspected};
use crate::network::{self, Standing, VAULT_BRIDGE};
use crate::places::Places;
use crate::project;

/// Where every cloud hands out the credentials of its machines.
const METADATA: &str = "169.254.169.254";

/// Tries to reach that address, for as long as a person would wait. `$0` is the address.
const ATTEMPT: &str = "timeout 3 bash -c 'exec 3<>/dev/tcp/$0/80' \"$0\"";

/// Puts the rules in force.
const APPLY: &str =
    "put the rules in force: sudo systemctl enable --now remo-network (or: sudo remo network apply)";

/// Whether containers are kept away from the cloud's metadata addresses.
pub(super) fn metadata(places: &Places) -> Check {
    let code = "metadata";
    if !rustix::process::geteuid().is_root() {
        return tried(code, places);
    }
    match network::standing() {
        Standing::InForce => Check::good(code, "containers do not reach the cloud's metadata addresses"),
        Standing::Absent => Check::of(
            code,
            Verdict::Bad,
            "nothing keeps containers from the cloud's metadata address, where a machine's own credentials are",
            APPLY,
        ),
        Standing::Other => Check::of(
            code,
            Verdict::Bad,
            "the rules against the cloud's metadata addresses are others than those of this version",
            APPLY,
        ),
        Standing::Unknown(why) => {
            Check::of(code, Verdict::Weak, format!("it cannot be told: {why}"), "install nftables")
        }
    }
}

/// Only root can read the rules. What anybody can do who may use Docker is to try, from a container of the vault's
/// image: an answer proves that they are not in force, no answer proves nothing.
fn tried(code: &'static str, places: &Places) -> Check {
    let reached = Engine::new(places).ok().zip(vault(places)).is_some_and(|(engine, vault)| {
        let words = ["run", "--rm", "--pull=never", "--network=bridge", "--cap-drop=ALL", "--read-only"];
        let command = ["--entrypoint=/bin/sh", &vault.image, "-c", ATTEMPT, METADATA];
        engine.ask(&[&words[..], &command].concat()).is_ok()
    });
    if reached {
        return Check::of(
            code,
            Verdict::Bad,
            format!("a container reaches {METADATA}, where a machine's own credentials are"),
            APPLY,
        );
    }
    Check::of(
        code,
        Verdict::Weak,
        "only root can tell whether containers are kept from the cloud's metadata addresses",
        "ask as root: sudo remo network status",
    )
}

fn vault(places: &Places) -> Option<Inspected> {
    let container = Store::open(&places.state).ok()?.read(VAULT_NAME).ok()?.container?;
    Engine::new(places).ok()?.inspect(&container.id).ok().flatten()
}

/// Containers that are on a network with the vault, as the engine knows its networks: those that are remembered, and all
/// others too. Nothing without a vault.
pub(super) fn of_the_vault(places: &Places) -> Option<Check> {
    let code = "vault-network";
    let vault = vault(places)?;
    let engine = Engine::new(places).ok()?;
    let store = Store::open(&places.state).ok()?;
    let inspected = |name: &str| {
        let container = store.read(name).ok()?.container?;
        engine.inspect(&container.id).ok().flatten()
    };
    let own: Vec<&str> = vault.networks().collect();
    let remedy = "give the vault one of its own: docker network rm remo-vault, when nothing is on it, then: \
                  remo vault up --recreate";
    let mut beside: Vec<String> = project::all(places)
        .ok()?
        .into_iter()
        .filter(|name| inspected(name).is_some_and(|found| shares_a_network(&own, found.networks())))
        .collect();
    // A project may have further containers, and some are of no project.
    for network in &own {
        let words = ["network", "inspect", "--format", "{{json .Containers}}", "--", network];
        beside.extend(others(&engine.ask(&words).ok()?, &vault.id));
    }
    if !beside.is_empty() {
        return Some(Check::of(
            code,
            Verdict::Bad,
            format!("on a network of the vault: {}", beside.join(", ")),
            remedy,
        ));
    }
    let bridge = |network: &&&str| {
        let format = "{{index .Options \"com.docker.network.bridge.name\"}}";
        let found = engine.ask(&["network", "inspect", "--format", format, "--", network]);
        found.is_ok_and(|name| name.trim() == VAULT_BRIDGE)
    };
    if own.is_empty() || own.iter().any(|network| !bridge(&network)) {
        return Some(Check::of(
            code,
            Verdict::Weak,
            "no project's container is on a network of the vault, but only Docker's own rules keep others away from it",
            remedy,
        ));
    }
    Some(Check::good(code, "no project's container is on the network of the vault, which is kept apart"))
}

/// Whether two containers reach each other. On the host's own network one reaches everybody.
fn shares_a_network<'a>(own: &[&str], mut others: impl Iterator<Item = &'a str>) -> bool {
    others.any(|other| other == "host" || own.contains(&other) || own.contains(&"host"))
}

/// The containers of a network, as the engine lists them by their ids, without the vault.
fn others(answer: &str, vault: &str) -> Vec<String> {
    let found: BTreeMap<String, Member> = serde_json::from_str(answer).unwrap_or_default();
    found
        .into_iter()
        .filter(|(id, _)| id != vault)
        .map(|(id, member)| format!("container {}", escaped(member.name.as_deref().unwrap_or(&id))))
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_on_the_network_is_named_but_for_the_vault() {
        let answer = r#"{"aa":{"Name":"remo-vault","IPv4Address":"x"},"bb":{"Name":"a-db-1"},"ep-1":{}}"#;
        assert_eq!(others(answer, "aa"), ["container a-db-1", "container ep-1"]);
        assert_eq!(others("{}", "aa"), [] as [String; 0]);
    }

    #[test]
    fn a_project_on_the_network_of_the_vault_is_found() {
        assert!(!shares_a_network(&["remo-vault"], ["bridge", "a_default"].into_iter()));
        assert!(shares_a_network(&["remo-vault"], ["bridge", "remo-vault"].into_iter()));
        assert!(shares_a_network(&["bridge"], ["bridge"].into_iter()));
        assert!(shares_a_network(&["remo-vault"], ["host"].into_iter()));
        assert!(shares_a_network(&["host"], ["bridge"].into_iter()));
        assert!(!shares_a_network(&["remo-vault"], std::iter::empty()));
    }
}
