//! `remo-vault remove NAME…`: secrets out of the store, all or none.

use super::{note_waiting, plural, store};
use crate::cli::{Locations, RemoveArguments};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::store::Commit;

pub(super) fn run(locations: &Locations, arguments: &RemoveArguments) -> Result<ExitStatus, Failure> {
    let store = store(locations);
    // Where there is no store there is nothing to remove, and none is to be made.
    store.read()?;
    store.update::<_, Failure>(&mut note_waiting, |content| {
        let unknown: Vec<_> = arguments
            .names
            .iter()
            .filter(|name| !content.contains(name))
            .map(|name| name.escape_debug().to_string())
            .collect();
        if !unknown.is_empty() {
            return Err(Failure::new(format!(
                "there is no secret {}; nothing was removed",
                unknown.join(", ")
            ))
            .hint("see what is there: remo-vault list"));
        }
        for name in &arguments.names {
            content.remove(name);
        }
        Ok((Commit::Write, ()))
    })?;
    let count = arguments.names.len();
    output::note(&format!(
        "removed {count} secret{}; the version before this change is still in {}",
        plural(count),
        crate::store::previous(store.path()).display()
    ));
    Ok(ExitStatus::Success)
}
