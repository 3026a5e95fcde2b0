//! Changes of the store and of the broker, as the commands make them, but for words on standard error.

use remo_secret::Secret;
use remo_wire::names::SecretName;

use crate::cli::Locations;
use crate::commands::{self, push, within_one_push};
use crate::failure::Failure;
use crate::store::{Change, Commit, previous};
use crate::value;

/// Stores `value` under `name`: a JSON object of strings as a bundle.
pub(super) fn set(locations: &Locations, name: &SecretName, value: Secret) -> Result<String, Failure> {
    let secret = value::interpret(value).map_err(|error| {
        Failure::new(format!("{error}; nothing was stored"))
            .hint(format!("rename the field, or store it as text: remo-vault set {name} --scalar"))
    })?;
    let change = commands::store(locations).update::<_, Failure>(&mut || (), |document| {
        let change = within_one_push(document, |document| Ok(document.set(name, &secret)))?;
        Ok((if change == Change::Unchanged { Commit::Leave } else { Commit::Write }, change))
    })?;
    Ok(match change {
        Change::Added => format!("stored {name}"),
        Change::Replaced => format!("replaced {name}"),
        Change::Unchanged => format!("{name} has this value already"),
    })
}

/// Removes `name` from the store.
pub(super) fn remove(locations: &Locations, name: &SecretName) -> Result<String, Failure> {
    let store = commands::store(locations);
    // Where there is no store there is nothing to remove, and none is to be made.
    store.read()?;
    store.update::<_, Failure>(&mut || (), |document| {
        if !document.contains(name.as_str()) {
            return Err(Failure::new(format!("there is no secret {name}; nothing was removed"))
                .hint("press r to look at the store anew"));
        }
        document.remove(name.as_str());
        Ok((Commit::Write, ()))
    })?;
    Ok(format!("removed {name}; the version before is still in {}", previous(store.path()).display()))
}

/// Pushes the whole store.
pub(super) fn push(locations: &Locations) -> Result<String, Failure> {
    let mut left_out = Vec::new();
    let pushed = push::now(locations, &mut |remark| left_out.push(remark.to_owned()))?;
    left_out.insert(0, push::in_words(&pushed));
    Ok(left_out.join("; "))
}
