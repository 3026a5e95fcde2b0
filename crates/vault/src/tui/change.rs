//! Changes of the store and of the broker, as the commands make them, but for words on standard error.

use remo_secret::Secret;
use remo_wire::admin::PushResponse;
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use remo_wire::names::SecretName;

use super::background::BROKER_PATIENCE;
use super::job::Done;
use crate::cli::Locations;
use crate::commands::{self, push, within_one_push};
use crate::failure::Failure;
use crate::push::prepare;
use crate::pushed::Contents;
use crate::store::{Change, Commit, previous};
use crate::value;

/// How often a push that another one overtakes is tried.
const PUSH_ATTEMPTS: u32 = 4;

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

/// Pushes the whole store. What the broker says about a clear is asked here and counts at that generation only; a clear
/// is undone when it is the one of `undoes`.
pub(super) fn push(locations: &Locations, undoes: Option<u64>) -> Result<Done, Failure> {
    let mut client = Client::connect_within(&locations.admin_socket, BROKER_PATIENCE)?;
    for _ in 0..PUSH_ATTEMPTS {
        let status = client.status()?;
        if status.cleared && undoes != Some(status.generation) {
            return Ok(Done::Cleared { generation: status.generation });
        }
        let reading = commands::source(locations).read_all()?;
        push::refuse_short(locations, &reading)?;
        let contents = Contents::of(&reading);
        let prepared = prepare(reading).map_err(|error| Failure::from_error(&error).hint(error.hint()))?;
        let mut words: Vec<_> = prepared.remarks.lines().map(str::to_owned).collect();
        match client.request::<_, PushResponse>(&prepared.at_generation(status.generation)) {
            Ok(pushed) => {
                words.insert(0, push::in_words(&pushed));
                words.extend(push::note(locations, status.instance_id, pushed.generation, contents));
                return Ok(Done::Note(words.join("; ")));
            }
            // The code says no more than that something is wrong with the request; the generation does.
            Err(ClientError::Refused(answer))
                if answer.code == ErrorCode::InvalidPayload
                    && client.status()?.generation != status.generation => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new("others push or clear all the time; nothing was pushed from here")
        .hint("look who does, in 3 Audit, and press p again"))
}
