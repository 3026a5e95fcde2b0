//! Since which view what a project is vended is as it is: names only, so that `status` can say which variables of a
//! running environment are old.

use std::collections::{BTreeMap, BTreeSet};

use remo_wire::binding::{Binding, Bindings, EnvTarget, Target};
use remo_wire::names::SecretName;

/// Names that are remembered after they were taken out of the manifest; those that changed first give way.
const GONE_MAX: usize = 256;

/// Variables that are remembered of one secret, over changes of its binding.
const VARIABLES_MAX: usize = 64;

/// The last change of one secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The first view with what is vended now.
    pub view: u64,
    /// The variables that it fills or has filled.
    pub variables: BTreeSet<String>,
}

/// The last changes of what one project is vended.
#[derive(Debug, Default)]
pub struct Changes {
    since: u64,
    by_name: BTreeMap<SecretName, Change>,
}

impl Changes {
    /// Nothing is known of what came before `view`.
    pub fn since(view: u64) -> Self {
        Self { since: view, by_name: BTreeMap::new() }
    }

    /// The first view that changes are known from.
    pub fn known_since(&self) -> u64 {
        self.since
    }

    /// All that are known, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&SecretName, &Change)> {
        self.by_name.iter()
    }

    /// Other values, or other secrets that are there, in `view`.
    pub fn pushed(&mut self, view: u64, names: &BTreeSet<SecretName>, bindings: &Bindings) {
        for name in names {
            if let Some(binding) = bindings.get(name) {
                self.note(view, name, [binding]);
            }
        }
    }

    /// Everything that is bound is gone in `view`.
    pub fn cleared(&mut self, view: u64, bindings: &Bindings) {
        for (name, binding) in bindings {
            self.note(view, name, [binding]);
        }
    }

    /// Other bindings in `view`.
    pub fn approved(&mut self, view: u64, before: &Bindings, now: &Bindings) {
        for name in before.keys().chain(now.keys()) {
            let (old, new) = (before.get(name), now.get(name));
            if old != new {
                self.note(view, name, old.into_iter().chain(new));
            }
        }
        let mut gone: Vec<(u64, SecretName)> = self
            .by_name
            .iter()
            .filter(|(name, _)| !now.contains_key(*name))
            .map(|(name, change)| (change.view, name.clone()))
            .collect();
        gone.sort();
        for (view, name) in gone.iter().take(gone.len().saturating_sub(GONE_MAX)) {
            // From here on it is known only that something may have changed.
            self.since = self.since.max(*view);
            self.by_name.remove(name);
        }
    }

    fn note<'a>(&mut self, view: u64, name: &SecretName, bindings: impl IntoIterator<Item = &'a Binding>) {
        let change = self.by_name.entry(name.clone()).or_default();
        change.view = view;
        for variable in bindings.into_iter().flat_map(variables) {
            if change.variables.len() < VARIABLES_MAX {
                change.variables.insert(variable.to_owned());
            }
        }
    }
}

/// The variables that a binding fills.
fn variables(binding: &Binding) -> Vec<&str> {
    match &binding.target {
        Target::Env(EnvTarget::Variable { env_var }) => vec![env_var],
        Target::Env(EnvTarget::Fields { fields }) => fields.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(text: &str) -> Bindings {
        serde_json::from_str(text).unwrap()
    }

    fn names(names: &[&str]) -> BTreeSet<SecretName> {
        names.iter().map(|name| SecretName::new(name).unwrap()).collect()
    }

    fn known(changes: &Changes) -> Vec<(&str, u64, Vec<&str>)> {
        let shown = |change: &'_ Change| change.view;
        changes
            .iter()
            .map(|(name, change)| {
                (name.as_str(), shown(change), change.variables.iter().map(String::as_str).collect())
            })
            .collect()
    }

    #[test]
    fn a_secret_changes_by_its_value_and_by_its_binding() {
        let one = bindings(r#"{"gh":{"fetch_as":"env","env_var":"GH","required":true}}"#);
        let two = bindings(
            r#"{"gh":{"fetch_as":"env","env_var":"TOKEN","required":true},
                "aws":{"fetch_as":"file","file_path":"~/x","file_mode":"0600","required":true}}"#,
        );
        let mut changes = Changes::since(5);
        changes.pushed(6, &names(&["gh", "npm"]), &one);
        assert_eq!(known(&changes), [("gh", 6, vec!["GH"])]);
        changes.approved(7, &one, &two);
        assert_eq!(known(&changes), [("aws", 7, vec![]), ("gh", 7, vec!["GH", "TOKEN"])]);
        changes.approved(8, &two, &two);
        changes.pushed(9, &names(&["aws"]), &two);
        assert_eq!(known(&changes), [("aws", 9, vec![]), ("gh", 7, vec!["GH", "TOKEN"])]);
        changes.cleared(10, &two);
        assert!(changes.iter().all(|(_, change)| change.view == 10));
        assert_eq!(changes.known_since(), 5);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_forgotten_is_not_denied() {
        let mut changes = Changes::since(1);
        let none = Bindings::new();
        for round in 0..1000 {
            let text = format!(r#"{{"s{round}":{{"fetch_as":"env","env_var":"V{round}","required":true}}}}"#);
            changes.approved(2 * round + 2, &none, &bindings(&text));
            changes.approved(2 * round + 3, &bindings(&text), &none);
        }
        assert_eq!(changes.iter().count(), GONE_MAX);
        assert!(changes.known_since() > 1);
    }
}
