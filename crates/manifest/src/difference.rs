//! What approving a manifest would change, in words.
//!
//! A person decides by these words, so nothing that changes may be missing in them: names, and every part of
//! every binding.

use remo_wire::admin::ManifestSummary;
use remo_wire::binding::Bindings;
use remo_wire::names::SecretName;

mod words;

/// The difference between what is pinned and what a file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What is new, or other than before, one phrase each, sorted by secret. Every change of a binding or of a
    /// limit is here, also one that takes something away from a binding that stays.
    pub added: Vec<String>,
    /// Secrets that would be gone, one phrase each.
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
    let nothing = Bindings::new();
    let before = pinned.map_or(&nothing, |pinned| &pinned.bindings);
    let mut difference = Difference::default();
    for (name, binding) in &file.bindings {
        match before.get(name) {
            None => {
                difference.added.push(format!("{name}: {}", words::binding(binding)));
                difference.added_names.push(name.clone());
            }
            Some(was) => difference
                .added
                .extend(words::changes(was, binding).into_iter().map(|change| format!("{name}: {change}"))),
        }
    }
    for (name, binding) in before {
        if !file.bindings.contains_key(name) {
            difference.removed.push(format!("{name}: no more {}", words::binding(binding)));
            difference.removed_names.push(name.clone());
        }
    }
    difference.added.extend(words::limits(pinned, file));
    difference
}
