//! What the launch gate refused and a person may approve: bind mounts from outside, privileges, devices and the like.

use remo_gate::approvals::{Pin, Store, StoreError};
use remo_gate::core::finding::Grant;
use remo_present::shown::escaped;

use super::agreed;
use crate::failure::Failure;
use crate::launch::secrets::Consent;
use crate::output;
use crate::places::Places;

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn failed(error: StoreError) -> Failure {
    Failure::new(error.to_string())
        .hint("nothing is approved by a file that somebody else changed; look at it, then remove it")
}

/// Shows what the last start of the project was refused for, asks, and approves exactly that; whether nothing is left.
pub(super) fn approve(places: &Places, name: &str, consent: Consent) -> Result<bool, Failure> {
    let store = Store::open(&places.state).map_err(failed)?;
    let pinned = store.pinned(name).map_err(failed)?;
    let wanted: Vec<Pin> = store
        .wanted(name)
        .map_err(failed)?
        .into_iter()
        .filter(|wanted| !pinned.iter().any(|pin| pin.sha256 == wanted.sha256))
        .collect();
    if wanted.is_empty() {
        return Ok(true);
    }
    output::note(&shown(name, &wanted));
    if !agreed(consent, &format!("Approve exactly this for every container of {name}?"))? {
        output::note(&format!("the launch of {name} stays as it was approved"));
        return Ok(false);
    }
    let grants: Vec<Grant> =
        wanted.into_iter().map(|pin| Grant { text: pin.text, words: pin.words }).collect();
    store.approve(name, &grants).map_err(failed)?;
    store.record_wanted(name, std::iter::empty()).map_err(failed)?;
    Ok(true)
}

/// What the last start was refused for and is not approved, in words.
pub fn wanted(places: &Places, name: &str) -> Result<Vec<String>, Failure> {
    let wanted = Store::open(&places.state).and_then(|store| store.wanted(name)).map_err(failed)?;
    Ok(wanted.into_iter().map(|pin| pin.words).collect())
}

/// Forgets what an earlier start was refused for.
pub fn forget_wanted(places: &Places, name: &str) -> Result<(), Failure> {
    let store = Store::open(&places.state).map_err(failed)?;
    store.record_wanted(name, std::iter::empty()).map_err(failed)
}

/// Takes back everything that was approved for the containers of the project, and forgets what was wanted.
pub fn withdraw(places: &Places, name: &str) -> Result<(), Failure> {
    let store = Store::open(&places.state).map_err(failed)?;
    for pin in store.pinned(name).map_err(failed)? {
        store.withdraw(name, &pin.sha256).map_err(failed)?;
    }
    store.record_wanted(name, std::iter::empty()).map_err(failed)
}

/// Words for the person, and the exact text that is pinned.
fn shown(name: &str, wanted: &[Pin]) -> String {
    let mut text =
        format!("{name}: its last start was refused, because the configuration asks Docker for this:");
    for pin in wanted {
        text.push_str("\n  + ");
        text.push_str(&escaped(&pin.words));
        text.push_str("\n      ");
        text.push_str(&escaped(&pin.text));
    }
    text
}
