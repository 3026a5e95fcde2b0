//! The menu: the vault, the projects, and what else one does with them.

pub mod clone;
pub mod delete;
mod entries;
mod picker;
mod remains;

use remo_wire::names::VAULT_NAME;

pub use entries::{Entry, entries};
pub use picker::pick;

use crate::containers::Store;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::places::Places;
use crate::shell::{Wanted, shell};
use crate::{output, project, question};

/// One choice out of the menu, carried out; `None` when nothing was chosen.
pub fn once(places: &Places) -> Result<Option<ExitStatus>, Failure> {
    let Some(entry) = pick(&list(places, false)?)? else { return Ok(None) };
    carry_out(places, &entry).map(Some)
}

/// The menu of a login, again after each choice: `Success` to stay in the shell that called it, `Failure` to leave.
/// Whatever goes wrong in the menu, nobody is locked out by it.
pub fn for_login(places: &Places) -> ExitStatus {
    if !question::is_possible() {
        return ExitStatus::Success;
    }
    loop {
        let chosen = list(places, true).and_then(|entries| pick(&entries));
        let entry = match chosen {
            Ok(Some(entry)) => entry,
            Ok(None) => return ExitStatus::Success,
            Err(failure) => {
                output::note(&failure.to_string());
                return ExitStatus::Success;
            }
        };
        match &entry {
            Entry::Stay => return ExitStatus::Success,
            Entry::Leave => return ExitStatus::Failure,
            entry => {
                if let Err(failure) = carry_out(places, entry) {
                    output::note(&failure.to_string());
                }
            }
        }
    }
}

fn list(places: &Places, is_login: bool) -> Result<Vec<Entry>, Failure> {
    let store = Store::open(&places.state)?;
    let mut known = Vec::new();
    for name in project::all(places)? {
        let has_configuration = !project::configurations(&places.projects_root.join(&name)).is_empty();
        // One damaged history does not hide the other projects.
        let place =
            store.read(&name).ok().map(|history| crate::launch::place::place(has_configuration, &history));
        known.push((name, place));
    }
    Ok(entries(&known, is_login))
}

fn carry_out(places: &Places, entry: &Entry) -> Result<ExitStatus, Failure> {
    let open = |name: &str| {
        shell(
            places,
            &Wanted { name, command: None, detach: false, is_detached: false, without_session: false },
        )
    };
    match entry {
        Entry::Vault => open(VAULT_NAME),
        Entry::Project { name, .. } => open(name),
        Entry::Clone => {
            let address = question::ask("Address of the repository: ")?;
            if address.is_empty() {
                return Ok(ExitStatus::Failure);
            }
            clone::clone(places, &address, None)
        }
        Entry::Delete => {
            let projects: Vec<Entry> = list(places, false)?
                .into_iter()
                .filter(|entry| matches!(entry, Entry::Project { .. }))
                .collect();
            match pick(&projects)? {
                Some(Entry::Project { name, .. }) => delete::delete(places, &name, None),
                _ => Ok(ExitStatus::Failure),
            }
        }
        Entry::Stay | Entry::Leave => Ok(ExitStatus::Success),
    }
}
