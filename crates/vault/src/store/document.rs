//! What is inside the store: a JSON document with a format version.
//!
//! ```json
//! {"format":1,"entries":{
//!   "gh":  {"value":{"text":"…"},"changed_at":"2026-05-31T02:30:00Z"},
//!   "key": {"value":{"base64":"…"},"changed_at":"…"},
//!   "aws": {"value":{"fields":{"aws_access_key_id":"…"}},"changed_at":"…"}}}
//! ```
//!
//! A document of another kind says so: `{"format":1,"kind":"logins","entries":{…}}`. Who wants the one kind does not
//! get the other, whatever the file is called.
//!
//! Decoding is strict: a document with anything that this version does not know is refused as a whole, since
//! writing it again would lose that. A single entry that is understood but cannot be used (a name that is no
//! secret name, base64 that is none) stays in the document as it is and is reported by [`Document::reading`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::{decode_base64, encode_base64};
use serde::{Deserialize, Serialize};

use super::content::{Change, Content};
use crate::source::{Entry, Fault, Reading};

/// The one version of the document that this program reads and writes.
const FORMAT: u32 = 1;

/// What the entries of a document are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Secrets, to be handed to the broker.
    #[default]
    Secrets,
    /// Records of logins with what renews them: for nobody but `remo-login`.
    Logins,
}

impl Kind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like that")]
    fn is_secrets(&self) -> bool {
        *self == Self::Secrets
    }
}

/// The decrypted store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    format: u32,
    #[serde(default, skip_serializing_if = "Kind::is_secrets")]
    kind: Kind,
    entries: BTreeMap<String, StoredEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEntry {
    value: StoredValue,
    changed_at: Timestamp,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum StoredValue {
    Text(Secret),
    Base64(Secret),
    Fields(BTreeMap<String, Secret>),
}

/// Why a decrypted store is not a document of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentError {
    /// It has a format version of its own.
    Format(u32),
    /// It is a document of this version, but of this other kind.
    Kind(Kind),
    /// It is not what this version writes.
    Shape,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(found) => {
                write!(formatter, "its content has format {found}, this program knows format {FORMAT}")
            }
            Self::Kind(Kind::Logins) => formatter.write_str(
                "it holds the records of logins, which stay in the vault: nothing shows, changes or pushes them",
            ),
            Self::Kind(Kind::Secrets) => formatter.write_str("it holds secrets, not the records of logins"),
            Self::Shape => formatter.write_str("its content is not the document of a store"),
        }
    }
}

impl std::error::Error for DocumentError {}

impl Default for Document {
    fn default() -> Self {
        Self::empty(Kind::Secrets)
    }
}

impl Document {
    /// One without entries.
    pub(super) fn empty(kind: Kind) -> Self {
        Self { format: FORMAT, kind, entries: BTreeMap::new() }
    }

    /// Decodes a document of this `kind`. What the decoder says is dropped, because it may quote a value.
    pub(super) fn decode(plaintext: &Secret, kind: Kind) -> Result<Self, DocumentError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let document: Self = match serde_json::from_slice(plaintext.expose()) {
            Ok(Version { format: FORMAT }) => {
                serde_json::from_slice(plaintext.expose()).map_err(|_| DocumentError::Shape)?
            }
            Ok(Version { format }) => return Err(DocumentError::Format(format)),
            Err(_) => return Err(DocumentError::Shape),
        };
        if document.kind == kind { Ok(document) } else { Err(DocumentError::Kind(document.kind)) }
    }

    /// Encodes the document.
    pub(super) fn encode(&self) -> serde_json::Result<Secret> {
        serde_json::to_vec(self).map(Secret::new)
    }

    /// The names of all entries, usable or not.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.entries.keys().cloned().collect()
    }

    /// Sets `name` to `value`.
    pub fn set(&mut self, name: &SecretName, value: &PushedSecret) -> Change {
        let value = StoredValue::from_pushed(value);
        match self.entries.get_mut(name.as_str()) {
            Some(entry) if entry.value == value => Change::Unchanged,
            Some(entry) => {
                *entry = StoredEntry { value, changed_at: Timestamp::now() };
                Change::Replaced
            }
            None => {
                self.entries
                    .insert(name.as_str().to_owned(), StoredEntry { value, changed_at: Timestamp::now() });
                Change::Added
            }
        }
    }

    /// Whether there is an entry of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Whether there is an entry of this name with another value than `value`.
    pub fn holds_another(&self, name: &SecretName, value: &PushedSecret) -> bool {
        self.entries.get(name.as_str()).is_some_and(|entry| entry.value != StoredValue::from_pushed(value))
    }

    /// Removes `name`; `false` when it was not there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.entries.remove(name).is_some()
    }

    /// All entries, sorted into those that can be used and those that cannot.
    pub fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        for (name, stored) in &self.entries {
            let Ok(name) = SecretName::new(name) else {
                reading.unpushable.push(name.clone());
                continue;
            };
            match stored.value.to_pushed() {
                Ok(value) => {
                    reading.secrets.insert(name, Entry { value, changed_at: Some(stored.changed_at) });
                }
                Err(problem) => {
                    reading.faults.insert(name, Fault::new(problem));
                }
            }
        }
        reading
    }
}

impl Content for Document {
    fn set(&mut self, name: &SecretName, value: &PushedSecret) -> Change {
        self.set(name, value)
    }

    fn contains(&self, name: &str) -> bool {
        self.contains(name)
    }

    fn holds_another(&self, name: &SecretName, value: &PushedSecret) -> bool {
        self.holds_another(name, value)
    }

    fn remove(&mut self, name: &str) -> bool {
        self.remove(name)
    }

    fn reading(&self) -> Reading {
        self.reading()
    }
}

impl StoredValue {
    fn from_pushed(value: &PushedSecret) -> Self {
        match value {
            PushedSecret::Scalar(scalar) if scalar.expose_text().is_some() => Self::Text(scalar.duplicate()),
            PushedSecret::Scalar(scalar) => Self::Base64(encode_base64(scalar.expose())),
            PushedSecret::Bundle(fields) => Self::Fields(
                fields.iter().map(|(name, value)| (name.as_str().to_owned(), value.duplicate())).collect(),
            ),
        }
    }

    fn to_pushed(&self) -> Result<PushedSecret, &'static str> {
        match self {
            Self::Text(text) => Ok(PushedSecret::Scalar(text.duplicate())),
            Self::Base64(encoded) => decode_base64(encoded)
                .map(PushedSecret::Scalar)
                .ok_or("its bytes are not stored as standard base64"),
            Self::Fields(fields) if fields.is_empty() => Err("it is a bundle without a field"),
            Self::Fields(fields) => fields
                .iter()
                .map(|(name, value)| FieldName::new(name).map(|name| (name, value.duplicate())))
                .collect::<Result<_, _>>()
                .map(PushedSecret::Bundle)
                .map_err(|_| "a field of the bundle has a name that is not allowed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> PushedSecret {
        PushedSecret::Scalar(Secret::from_text(text.to_owned()))
    }

    fn decode(text: &str) -> Result<Document, DocumentError> {
        Document::decode(&Secret::from_text(text.to_owned()), Kind::Secrets)
    }

    #[test]
    fn every_shape_of_value_survives_encoding() {
        let mut document = Document::default();
        let bytes = PushedSecret::Scalar(Secret::new(vec![0, 0xff, b'\n']));
        let bundle = PushedSecret::Bundle(
            [(FieldName::new("user").unwrap(), Secret::from_text("me".into()))].into_iter().collect(),
        );
        let values = [("text", scalar("tripwire")), ("bytes", bytes), ("bundle", bundle)];
        for (name, value) in &values {
            assert_eq!(document.set(&SecretName::new(name).unwrap(), value), Change::Added);
        }
        let reading = Document::decode(&document.encode().unwrap(), Kind::Secrets).unwrap().reading();
        assert!(reading.faults.is_empty() && reading.unpushable.is_empty());
        for (name, value) in &values {
            assert_eq!(reading.secrets[*name].value, *value, "{name}");
        }
    }

    #[test]
    fn setting_the_same_value_changes_nothing() {
        let name = SecretName::new("gh").unwrap();
        let mut document = Document::default();
        assert_eq!(document.set(&name, &scalar("one")), Change::Added);
        assert_eq!(document.set(&name, &scalar("one")), Change::Unchanged);
        assert_eq!(document.set(&name, &scalar("two")), Change::Replaced);
        assert!(document.holds_another(&name, &scalar("one")));
        assert!(document.remove("gh") && !document.remove("gh"));
    }

    #[test]
    fn two_changes_within_a_second_have_two_times() {
        let name = SecretName::new("gh").unwrap();
        let mut document = Document::default();
        let mut times = ["one", "two", "three"].map(|value| {
            document.set(&name, &scalar(value));
            document.reading().secrets[&name].changed_at.unwrap()
        });
        times.sort();
        assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
    }

    #[test]
    fn what_this_version_does_not_know_is_refused_as_a_whole() {
        assert_eq!(decode(r#"{"format":2,"entries":[]}"#).unwrap_err(), DocumentError::Format(2));
        for unknown in [
            "",
            "[]",
            r#"{"format":1}"#,
            r#"{"format":1,"entries":{},"more":1}"#,
            r#"{"format":1,"entries":{"a":{"value":{"text":"x"},"changed_at":"2026-01-01T00:00:00Z","more":1}}}"#,
            r#"{"format":1,"entries":{"a":{"value":{"other":"x"},"changed_at":"2026-01-01T00:00:00Z"}}}"#,
            r#"{"format":1,"entries":{"a":{"value":{"text":"x"},"changed_at":"yesterday"}}}"#,
        ] {
            assert_eq!(decode(unknown).unwrap_err(), DocumentError::Shape, "{unknown}");
        }
    }

    #[test]
    fn a_document_of_another_kind_is_refused() {
        let logins = Document::empty(Kind::Logins).encode().unwrap();
        let secrets = Document::default().encode().unwrap();
        assert!(!secrets.expose_text().unwrap().contains("kind"));
        assert!(Document::decode(&logins, Kind::Logins).is_ok());
        let refused = |text, kind| Document::decode(text, kind).unwrap_err();
        assert_eq!(refused(&logins, Kind::Secrets), DocumentError::Kind(Kind::Logins));
        assert_eq!(refused(&secrets, Kind::Logins), DocumentError::Kind(Kind::Secrets));
        assert_eq!(decode(r#"{"format":1,"kind":"x","entries":{}}"#).unwrap_err(), DocumentError::Shape);
    }

    #[test]
    fn single_entries_that_cannot_be_used_are_named_and_kept() {
        let entry = |value: &str| format!(r#"{{"value":{value},"changed_at":"2026-01-01T00:00:00Z"}}"#);
        let text = format!(
            r#"{{"format":1,"entries":{{"good":{},"b64":{},"field":{},"empty":{},"a-b":{}}}}}"#,
            entry(r#"{"text":"x"}"#),
            entry(r#"{"base64":"*"}"#),
            entry(r#"{"fields":{"1a":"x"}}"#),
            entry(r#"{"fields":{}}"#),
            entry(r#"{"text":"x"}"#)
        );
        let document = decode(&text).unwrap();
        let reading = document.reading();
        assert_eq!(reading.secrets.keys().map(SecretName::as_str).collect::<Vec<_>>(), ["good"]);
        assert_eq!(
            reading.faults.keys().map(SecretName::as_str).collect::<Vec<_>>(),
            ["b64", "empty", "field"]
        );
        assert_eq!(reading.unpushable, ["a-b"]);
        let again = Document::decode(&document.encode().unwrap(), Kind::Secrets).unwrap();
        assert_eq!(again.entries.len(), 5);
    }
}
