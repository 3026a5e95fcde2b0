//! `remo-vault restore`: the last good copy of the store in its place.

use std::collections::BTreeSet;

use remo_wire::admin::PushedSecret;

use super::{note_waiting, plural, store};
use crate::cli::{Locations, RestoreArguments};
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::output;
use crate::question;
use crate::source::Reading;
use crate::store::{AnyStore, Content, good_copy, previous};

pub(super) fn run(locations: &Locations, arguments: &RestoreArguments) -> Result<ExitStatus, Failure> {
    let store = store(locations);
    let place = good_copy(store.path());
    let Some(bytes) = store.good_copy()? else {
        return Err(Failure::new(format!("there is no good copy {}", place.display()))
            .hint("one is kept once the broker has taken everything in the store: remo-vault watch"));
    };
    let copy = store.at(&place).read()?;
    let changes = show(&store, copy.as_ref())?;
    if !changes {
        output::note("the store and the good copy hold the same; nothing to do");
        return Ok(ExitStatus::Success);
    }
    if !arguments.yes && !agreed()? {
        output::note("nothing was changed");
        return Ok(ExitStatus::Failure);
    }
    if !store.restore(&bytes, &mut note_waiting)? {
        return Err(Failure::new("the good copy has changed meanwhile; nothing was changed")
            .hint("look at it again: remo-vault restore"));
    }
    let kept = previous(store.path());
    let count = names(copy.as_ref()).len();
    output::note(&format!("restored {count} secret{}", plural(count)));
    if kept.exists() {
        output::note(&format!("the file that was replaced is still in {}", kept.display()));
    }
    Ok(ExitStatus::Success)
}

/// Says what taking the copy back changes; whether it changes anything.
fn show(store: &AnyStore, copy: &dyn Content) -> Result<bool, Failure> {
    let present = match store.read() {
        Ok(present) => present,
        Err(error) => {
            output::line(&format!("the store cannot be read: {}", chain(&error)))?;
            for name in names(copy) {
                output::line(&format!("+ {name}  comes back"))?;
            }
            return Ok(true);
        }
    };
    let (now, then) = (present.reading(), copy.reading());
    let (before, after) = (names(present.as_ref()), names(copy));
    let mut changes = false;
    for name in before.union(&after) {
        let line = if !before.contains(name) {
            format!("+ {name}  comes back")
        } else if !after.contains(name) {
            format!("- {name}  is removed")
        } else {
            if value(&now, name) == value(&then, name) {
                continue;
            }
            format!("~ {name}  has the value of the copy again")
        };
        changes = true;
        output::line(&line)?;
    }
    Ok(changes)
}

/// What `reading` has under `name`; `None` for what cannot be read.
fn value<'a>(reading: &'a Reading, name: &str) -> Option<&'a PushedSecret> {
    reading.secrets.get(name).map(|entry| &entry.value)
}

/// Everything that `content` has a name for.
fn names(content: &dyn Content) -> BTreeSet<String> {
    let reading = content.reading();
    let secrets = reading.secrets.into_keys().chain(reading.faults.into_keys()).map(|name| name.to_string());
    secrets.chain(reading.unpushable.iter().map(|name| name.escape_debug().to_string())).collect()
}

fn agreed() -> Result<bool, Failure> {
    question::agreed("Put the good copy in the place of the store?", || {
        Failure::new("there is nobody to ask; nothing was changed")
            .hint("if that is what you want: remo-vault restore --yes")
    })
}
