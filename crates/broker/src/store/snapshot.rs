//! One complete set of secrets in protected memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use remo_secret::Secret;
use remo_sys::{ProtectedRegion, Protection};
use remo_wire::admin::{ListedSecret, PushPayload, PushedSecret};
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;

/// The most that a snapshot may hold, in bytes. A push is at most 1 MiB; `keep` could add up without end.
pub const SNAPSHOT_MAX: usize = 16 * 1024 * 1024;

/// A value of the snapshot, borrowed.
#[derive(Clone, Copy)]
pub struct HeldSecret<'a> {
    /// Scalar or bundle.
    pub kind: Kind,
    /// The bytes as they are vended; for a bundle its compact JSON text.
    pub exposed: &'a [u8],
}

/// Why a snapshot could not be made. Nothing has changed.
#[derive(Debug)]
pub enum SnapshotError {
    /// It would hold more than [`SNAPSHOT_MAX`].
    TooLarge,
    /// The kernel gave no memory.
    Memory(io::Error),
}

/// Immutable once made; all values share one [`ProtectedRegion`], which is wiped when the snapshot is dropped.
#[derive(Debug)]
pub struct Snapshot {
    region: ProtectedRegion,
    entries: BTreeMap<SecretName, Entry>,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    start: usize,
    length: usize,
    fields: BTreeSet<FieldName>,
}

impl Snapshot {
    /// Builds a snapshot out of a push. A name in `keep` takes its value over from `previous`; where there is
    /// none, there is nothing to keep.
    pub fn build(payload: PushPayload, previous: Option<&Snapshot>) -> Result<Self, SnapshotError> {
        let encoded: Vec<(SecretName, Kind, BTreeSet<FieldName>, Secret)> =
            payload.secrets.into_iter().map(|(name, secret)| encode(name, secret)).collect();
        let kept: Vec<(&SecretName, &Entry)> = previous
            .map(|previous| {
                payload.keep.iter().filter_map(|name| previous.entries.get_key_value(name)).collect()
            })
            .unwrap_or_default();

        let total = encoded.iter().map(|(.., value)| value.len()).sum::<usize>()
            + kept.iter().map(|(_, entry)| entry.length).sum::<usize>();
        if total > SNAPSHOT_MAX {
            return Err(SnapshotError::TooLarge);
        }
        let mut region = ProtectedRegion::new(total).map_err(SnapshotError::Memory)?;
        let mut entries = BTreeMap::new();
        let mut start = 0;
        let mut place = |value: &[u8]| {
            let range = start..start + value.len();
            region.expose_mut()[range.clone()].copy_from_slice(value);
            start = range.end;
            range
        };
        for (name, kind, fields, value) in encoded {
            let range = place(value.expose());
            entries.insert(name, Entry { kind, start: range.start, length: range.len(), fields });
        }
        if let Some(previous) = previous {
            for (name, entry) in kept {
                let range = place(previous.bytes(entry));
                let entry = Entry {
                    kind: entry.kind,
                    start: range.start,
                    length: range.len(),
                    fields: entry.fields.clone(),
                };
                entries.insert(name.clone(), entry);
            }
        }
        Ok(Self { region, entries })
    }

    /// The secret of this name. Takes any text, so that a name from the wire needs no copy.
    pub fn get(&self, name: &str) -> Option<HeldSecret<'_>> {
        self.entries.get(name).map(|entry| HeldSecret { kind: entry.kind, exposed: self.bytes(entry) })
    }

    /// How many secrets there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Names of secrets that have another value than in `before`, or are in one of both only.
    pub fn changed_from(&self, before: Option<&Snapshot>) -> BTreeSet<SecretName> {
        let same = |name: &SecretName, entry: &Entry| {
            let found = before.and_then(|before| before.get(name.as_str()));
            found.is_some_and(|found| found.kind == entry.kind && found.exposed == self.bytes(entry))
        };
        let other = self.entries.iter().filter(|(name, entry)| !same(name, entry)).map(|(name, _)| name);
        let gone = before.into_iter().flat_map(|before| before.entries.keys());
        other.chain(gone.filter(|name| !self.entries.contains_key(*name))).cloned().collect()
    }

    /// Names, kinds and field names, sorted by name.
    pub fn list(&self) -> Vec<ListedSecret> {
        self.entries
            .iter()
            .map(|(name, entry)| ListedSecret {
                name: name.clone(),
                kind: entry.kind,
                fields: entry.fields.clone(),
            })
            .collect()
    }

    /// What the kernel granted for the values' memory.
    pub fn protection(&self) -> Protection {
        self.region.protection()
    }

    fn bytes(&self, entry: &Entry) -> &[u8] {
        &self.region.expose()[entry.start..entry.start + entry.length]
    }
}

/// Brings a pushed secret into the form in which it is vended.
fn encode(name: SecretName, secret: PushedSecret) -> (SecretName, Kind, BTreeSet<FieldName>, Secret) {
    match secret {
        PushedSecret::Scalar(value) => (name, Kind::Scalar, BTreeSet::new(), value),
        PushedSecret::Bundle(fields) => {
            // Names and text always have a JSON form, so an error cannot occur; were it to, an empty value
            // would show itself at once.
            let text = serde_json::to_vec(&fields).unwrap_or_default();
            (name, Kind::Bundle, fields.into_keys().collect(), Secret::new(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &str) -> PushPayload {
        let line = format!(r#"{{"op":"push-creds",{text}}}"#);
        match remo_wire::admin::AdminRequest::decode(line.as_bytes()) {
            Ok(remo_wire::admin::AdminRequest::PushCreds(payload)) => payload,
            other => panic!("not a push: {other:?}"),
        }
    }

    #[test]
    fn a_push_replaces_everything_but_what_is_kept() {
        let first =
            Snapshot::build(payload(r#""secrets":{"a":"1","b":"2","c":{"y":"4","x":"3"}}"#), None).unwrap();
        assert_eq!(first.get("c").unwrap().exposed, br#"{"x":"3","y":"4"}"#);
        let second =
            Snapshot::build(payload(r#""secrets":{"a":"9"},"keep":["c","nowhere"]"#), Some(&first)).unwrap();
        drop(first);
        assert_eq!(second.get("a").unwrap().exposed, b"9");
        assert!(second.get("b").is_none());
        assert_eq!(second.get("c").unwrap().exposed, br#"{"x":"3","y":"4"}"#);
        assert_eq!(second.get("c").unwrap().kind, Kind::Bundle);
        assert!(second.get("nowhere").is_none());
        assert_eq!(second.list()[1].fields.len(), 2);
    }

    #[test]
    fn what_changed_is_what_differs() {
        let first = Snapshot::build(payload(r#""secrets":{"a":"1","b":"2","c":"3","d":"4"}"#), None).unwrap();
        let second = payload(r#""secrets":{"a":"1","b":"9","e":"5","d":{"x":"4"}}"#);
        let second = Snapshot::build(second, Some(&first)).unwrap();
        let names = |names: BTreeSet<SecretName>| names.iter().map(ToString::to_string).collect::<String>();
        assert_eq!(names(second.changed_from(Some(&first))), "bcde");
        assert_eq!(names(second.changed_from(None)), "abde");
        assert_eq!(names(second.changed_from(Some(&second))), "");
    }

    #[test]
    fn an_empty_snapshot_is_a_snapshot() {
        let empty = Snapshot::build(payload(r#""secrets":{}"#), None).unwrap();
        assert!(empty.is_empty());
        assert!(empty.get("a").is_none());
    }
}
