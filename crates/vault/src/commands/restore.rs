//! `remo-vault restore`: the last good copy of the store in its place.

use std::collections::BTreeSet;

use remo_wire::admin::PushedSecret;

use super::{note_waiting, plural, store};
use crate::cli::{Locations, RestoreArguments};
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::output;
use crate::question;
use crate::shown::escaped;
use crate::source::Reading;
use crate::store::{AnyStore, Content, good_copy, previous};
use crate::watch::report::{self, Found};

pub(super) fn run(locations: &Locations, arguments: &RestoreArguments) -> Result<ExitStatus, Failure> {
    let store = store(locations);
    let place = good_copy(store.path());
    let Some(bytes) = store.good_copy()? else {
        return Err(Failure::new(format!("there is no good copy {}", place.display()))
            .hint("one is kept once the broker has taken everything in the store: remo-vault watch"));
    };
    let copy = store.at(&place).read()?;
    let Plan { changes, left_out } = show(&store, copy.as_ref(), arguments.with_removed)?;
    if !left_out.is_empty() {
        output::note("hint: to bring back what was removed as well: remo-vault restore --with-removed");
    }
    if !changes {
        output::note(if left_out.is_empty() {
            "the store and the good copy hold the same; nothing to do"
        } else {
            "otherwise the store and the good copy hold the same; nothing to do"
        });
        return Ok(ExitStatus::Success);
    }
    if !arguments.yes && !agreed(arguments)? {
        output::note("nothing was changed");
        return Ok(ExitStatus::Failure);
    }
    if !store.restore(&bytes, &left_out, &mut note_waiting)? {
        return Err(Failure::new("the good copy has changed meanwhile; nothing was changed")
            .hint("look at it again: remo-vault restore"));
    }
    let kept = previous(store.path());
    let count = names(&copy.reading()).difference(&left_out).count();
    output::note(&format!("restored {count} secret{}", plural(count)));
    if kept.exists() {
        output::note(&format!("the file that was replaced is still in {}", kept.display()));
    }
    Ok(ExitStatus::Success)
}

/// What taking the copy back comes to.
struct Plan {
    /// Whether it changes anything.
    changes: bool,
    /// What of the copy is not taken.
    left_out: BTreeSet<String>,
}

/// Says what taking the copy back changes. What was removed since is left out unless it is to come back `with_removed`.
fn show(store: &AnyStore, copy: &dyn Content, with_removed: bool) -> Result<Plan, Failure> {
    let then = copy.reading();
    let after = names(&then);
    let seen = seen_last(store);
    let (now, mut changes) = match store.read() {
        Ok(present) => (present.reading(), false),
        Err(error) => {
            output::line(&format!("the store cannot be read: {}", chain(&error)))?;
            (Reading::default(), true)
        }
    };
    let before = names(&now);
    let mut left_out = BTreeSet::new();
    for name in before.union(&after) {
        let shown = escaped(name);
        let line = if !before.contains(name) {
            match seen.as_ref().is_some_and(|seen| !seen.contains(name)) {
                false => format!("+ {shown}  comes back"),
                true if with_removed => format!("+ {shown}  was removed since, comes back"),
                true => {
                    left_out.insert(name.clone());
                    output::line(&format!("  {shown}  was removed since, is left out"))?;
                    continue;
                }
            }
        } else if !after.contains(name) {
            format!("- {shown}  is removed")
        } else {
            if value(&now, name) == value(&then, name) {
                continue;
            }
            format!("~ {shown}  has the value of the copy again")
        };
        changes = true;
        output::line(&line)?;
    }
    Ok(Plan { changes, left_out })
}

/// The names that the watcher saw when it could read the store last; `None` where none has looked.
fn seen_last(store: &AnyStore) -> Option<BTreeSet<String>> {
    let (Found::Running(report) | Found::Unresponsive { report, .. } | Found::Stopped(Some(report))) =
        report::read(store.path()).ok()?
    else {
        return None;
    };
    if report.last_push.is_none() && report.secrets.is_empty() && report.faults.is_empty() {
        return None;
    }
    let readable = report.secrets.into_keys().chain(report.faults.into_keys()).map(|name| name.to_string());
    Some(readable.chain(report.unpushable).collect())
}

/// What `reading` has under `name`; `None` for what cannot be read.
fn value<'a>(reading: &'a Reading, name: &str) -> Option<&'a PushedSecret> {
    reading.secrets.get(name).map(|entry| &entry.value)
}

/// Everything that `reading` has a name for.
fn names(reading: &Reading) -> BTreeSet<String> {
    let readable = reading.secrets.keys().chain(reading.faults.keys()).map(ToString::to_string);
    readable.chain(reading.unpushable.iter().cloned()).collect()
}

fn agreed(arguments: &RestoreArguments) -> Result<bool, Failure> {
    let again = if arguments.with_removed { " --with-removed" } else { "" };
    question::agreed("Put the good copy in the place of the store?", || {
        Failure::new("there is nobody to ask; nothing was changed")
            .hint(format!("if that is what you want: remo-vault restore --yes{again}"))
    })
}
