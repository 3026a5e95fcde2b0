//! The content of a fnox store with the changes that a command makes to it.

use std::collections::BTreeMap;

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

use crate::source::{Entry, Reading};
use crate::store::{Change, Content};

/// What is to become of entries: a value, or `None` for its removal.
pub(crate) type Edits = BTreeMap<String, Option<PushedSecret>>;

/// What was read, and what is to become of it.
#[derive(Debug, Default)]
pub struct FnoxContent {
    reading: Reading,
    edits: Edits,
}

impl FnoxContent {
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading, edits: Edits::new() }
    }

    pub(super) fn edits(&self) -> &Edits {
        &self.edits
    }

    /// The value that `name` has with the changes so far.
    fn value(&self, name: &str) -> Option<&PushedSecret> {
        match self.edits.get(name) {
            Some(edit) => edit.as_ref(),
            None => self.reading.secrets.get(name).map(|entry| &entry.value),
        }
    }

    /// Whether the file has an entry of this name that cannot be used.
    fn unusable(&self, name: &str) -> bool {
        self.reading.faults.contains_key(name) || self.reading.unpushable.iter().any(|other| other == name)
    }
}

impl Content for FnoxContent {
    fn set(&mut self, name: &SecretName, value: &PushedSecret) -> Change {
        let before = self.contains(name.as_str());
        if self.value(name.as_str()) == Some(value) {
            return Change::Unchanged;
        }
        self.edits.insert(name.as_str().to_owned(), Some(duplicate(value)));
        if before { Change::Replaced } else { Change::Added }
    }

    fn contains(&self, name: &str) -> bool {
        match self.edits.get(name) {
            Some(edit) => edit.is_some(),
            None => self.reading.secrets.contains_key(name) || self.unusable(name),
        }
    }

    fn holds_another(&self, name: &SecretName, value: &PushedSecret) -> bool {
        self.contains(name.as_str()) && self.value(name.as_str()) != Some(value)
    }

    fn remove(&mut self, name: &str) -> bool {
        let there = self.contains(name);
        if there {
            self.edits.insert(name.to_owned(), None);
        }
        there
    }

    fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        for (name, entry) in &self.reading.secrets {
            if !self.edits.contains_key(name.as_str()) {
                let value = duplicate(&entry.value);
                reading.secrets.insert(name.clone(), Entry { value, changed_at: entry.changed_at });
            }
        }
        let kept = |name: &str| !self.edits.contains_key(name);
        let faults = self.reading.faults.iter().filter(|(name, _)| kept(name.as_str()));
        reading.faults = faults.map(|(name, fault)| (name.clone(), fault.clone())).collect();
        reading.unpushable = self.reading.unpushable.iter().filter(|name| kept(name)).cloned().collect();
        for (name, edit) in &self.edits {
            if let (Ok(name), Some(value)) = (SecretName::new(name), edit) {
                reading.secrets.insert(name, Entry { value: duplicate(value), changed_at: None });
            }
        }
        reading
    }
}

/// A second copy of a value.
fn duplicate(value: &PushedSecret) -> PushedSecret {
    match value {
        PushedSecret::Scalar(scalar) => PushedSecret::Scalar(scalar.duplicate()),
        PushedSecret::Bundle(fields) => PushedSecret::Bundle(
            fields.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
        ),
    }
}
