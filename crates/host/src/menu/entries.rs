//! What the menu shows.

use std::fmt;

use remo_present::shown::escaped;
use remo_wire::names::VAULT_NAME;

use crate::launch::place::Place;

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The vault.
    Vault,
    /// A project, with where it would run; `None` when what is remembered of it cannot be used.
    Project {
        /// Its name.
        name: String,
        /// Where it would run.
        place: Option<Place>,
    },
    /// Clone a repository.
    Clone,
    /// Delete a project.
    Delete,
    /// Go on in the shell of the instance.
    Stay,
    /// Leave the instance.
    Leave,
}

/// The lines of the menu in their order: the vault first. What ends a login is for logins only.
pub fn entries(projects: &[(String, Option<Place>)], is_login: bool) -> Vec<Entry> {
    let projects = projects.iter().map(|(name, place)| Entry::Project { name: name.clone(), place: *place });
    let mut entries: Vec<Entry> = std::iter::once(Entry::Vault).chain(projects).collect();
    entries.push(Entry::Clone);
    if entries.iter().any(|entry| matches!(entry, Entry::Project { .. })) {
        entries.push(Entry::Delete);
    }
    if is_login {
        entries.extend([Entry::Stay, Entry::Leave]);
    }
    entries
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault => write!(formatter, "{VAULT_NAME}  (managed: logins and secrets)"),
            Self::Project { name, place } => {
                let name = escaped(name);
                match place {
                    Some(Place::Container) => write!(formatter, "{name}"),
                    Some(Place::Host) => write!(formatter, "{name}  (on this host)"),
                    Some(Place::NotApproved) => write!(formatter, "{name}  (no dev container configuration)"),
                    Some(Place::ConfigurationGone) => {
                        write!(formatter, "{name}  (its configuration has gone)")
                    }
                    None => write!(formatter, "{name}  (its history cannot be used)"),
                }
            }
            Self::Clone => formatter.write_str("+ clone a repository"),
            Self::Delete => formatter.write_str("- delete a project"),
            Self::Stay => formatter.write_str("> stay in the shell of this instance"),
            Self::Leave => formatter.write_str("< leave"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vault_is_first_and_marked_and_names_do_not_steer_the_terminal() {
        let projects =
            [("a".to_owned(), Some(Place::Container)), ("b\u{1b}[2J".to_owned(), Some(Place::NotApproved))];
        let shown: Vec<String> = entries(&projects, true).iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "_remo-vault  (managed: logins and secrets)",
                "a",
                "b\\u{1b}[2J  (no dev container configuration)",
                "+ clone a repository",
                "- delete a project",
                "> stay in the shell of this instance",
                "< leave",
            ]
        );
        assert_eq!(entries(&[], false), [Entry::Vault, Entry::Clone]);
    }
}
