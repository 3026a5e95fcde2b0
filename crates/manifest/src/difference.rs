//! What approving a manifest would change, in words.

use remo_wire::admin::ManifestSummary;
use remo_wire::names::SecretName;

/// The difference between what is pinned and what a file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What is new or other than before: one sentence each. Every change of a binding or a limit is here.
    pub added: Vec<String>,
    /// What would be gone: one sentence each.
    pub removed: Vec<String>,
    /// Names that the pin does not have.
    pub added_names: Vec<SecretName>,
    /// Names that only the pin has.
    pub removed_names: Vec<SecretName>,
}

impl Difference {
    /// Whether approving would change nothing.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Compares a manifest with the pin; without a pin everything in it is new.
pub fn difference(pinned: Option<&ManifestSummary>, file: &ManifestSummary) -> Difference {
    let before = pinned.map(|pinned| &pinned.bindings);
    let added_names: Vec<SecretName> = file
        .bindings
        .keys()
        .filter(|name| before.is_none_or(|before| !before.contains_key(*name)))
        .cloned()
        .collect();
    let removed_names: Vec<SecretName> = before
        .into_iter()
        .flat_map(|before| before.keys())
        .filter(|name| !file.bindings.contains_key(*name))
        .cloned()
        .collect();
    Difference {
        added: added_names.iter().map(SecretName::to_string).collect(),
        removed: removed_names.iter().map(SecretName::to_string).collect(),
        added_names,
        removed_names,
    }
}
