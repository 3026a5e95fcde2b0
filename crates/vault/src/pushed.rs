//! What the last push of this store carried, beside the store: what the broker has is compared with that, not with
//! times. No value is in it, and nothing from which a value could be guessed: digests of ciphertext only.
//!
//! Whoever pushes writes it once the broker has answered: the watcher, and `remo-vault push`. It vouches for one
//! generation of one run of the broker, and for no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use remo_wire::names::SecretName;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::private_file::{self, FILE_MODE, sibling};
use crate::source::Reading;

/// A record holds names and digests; what is larger is something else.
const RECORD_MAX: u64 = 4 * 1024 * 1024;

/// A time of change without a fraction may stand for several changes, unless it lies this long before the reading.
const SETTLED_SECONDS: i64 = 2;

/// Where the record of `store` is.
pub fn path(store: &Path) -> PathBuf {
    sibling(store, ".pushed.json")
}

/// What tells one content of a store from another, without values.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// When it was read.
    read_at: Timestamp,
    /// A digest of the file, in hexadecimal; empty when there was none.
    file: String,
    /// What could be read.
    names: BTreeSet<SecretName>,
    /// A mark of each ciphertext, where the store seals each secret by itself.
    #[serde(default)]
    marks: BTreeMap<SecretName, String>,
    /// When each was changed, where the store knows.
    #[serde(default)]
    changed: BTreeMap<SecretName, Timestamp>,
}

impl Contents {
    /// Those of a reading that was made just now.
    pub fn of(reading: &Reading) -> Self {
        let hexadecimal =
            |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let file = match reading.sealed.as_slice() {
            [] => String::new(),
            sealed => hexadecimal(&Sha256::digest(sealed)),
        };
        let changed =
            |(name, entry): (&SecretName, &crate::source::Entry)| Some((name.clone(), entry.changed_at?));
        Self {
            read_at: Timestamp::now(),
            file,
            names: reading.secrets.keys().cloned().collect(),
            marks: reading.marks.clone(),
            changed: reading.secrets.iter().filter_map(changed).collect(),
        }
    }

    /// Whether both were read out of the same file as it was then.
    pub fn is_same_file(&self, other: &Self) -> bool {
        !self.file.is_empty() && self.file == other.file && self.names == other.names
    }

    /// Whether `name` is in `now` what it is here; `None` when that cannot be told.
    pub fn is_same(&self, name: &SecretName, now: &Self) -> Option<bool> {
        if !self.names.contains(name) {
            return Some(false);
        }
        if !self.file.is_empty() && self.file == now.file {
            return Some(true);
        }
        if let (Some(before), Some(now)) = (self.marks.get(name), now.marks.get(name)) {
            return Some(before == now);
        }
        match (self.changed.get(name), now.changed.get(name)) {
            // Not which is later: a clock can have been wrong.
            (Some(before), Some(now)) if before != now => Some(false),
            (Some(before), Some(_)) => {
                let exact = before.subsec_nanosecond() != 0;
                let settled = before.as_second().saturating_add(SETTLED_SECONDS) <= self.read_at.as_second();
                (exact || settled).then_some(true)
            }
            _ => None,
        }
    }
}

/// A push that the broker took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// The broker's run that took it.
    pub instance_id: String,
    /// The generation that it became.
    pub generation: u64,
    /// What it was made of.
    pub contents: Contents,
}

impl Pushed {
    /// Reads the record of `store`; `None` when there is none that can be read: then nothing vouches.
    pub fn read(store: &Path) -> Option<Self> {
        let content = private_file::read(&path(store), RECORD_MAX).ok()?;
        serde_json::from_slice(content.expose()).ok()
    }

    /// Puts it in the place of the one before, in one step.
    pub fn write(&self, store: &Path) -> io::Result<()> {
        let place = path(store);
        let draft = sibling(&place, &format!(".{}.new", std::process::id()));
        let _ = fs::remove_file(&draft);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft)?;
        let written = file.write_all(&serde_json::to_vec(self)?).and_then(|()| fs::rename(&draft, &place));
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use remo_secret::Secret;
    use remo_wire::admin::PushedSecret;

    use super::*;
    use crate::source::Entry;

    fn name() -> SecretName {
        SecretName::new("gh").unwrap()
    }

    fn contents(sealed: &str, changed_at: Timestamp, mark: Option<&str>) -> Contents {
        let value = PushedSecret::Scalar(Secret::from_text("x".to_owned()));
        Contents::of(&Reading {
            secrets: [(name(), Entry { value, changed_at: Some(changed_at) })].into(),
            sealed: sealed.as_bytes().to_vec(),
            marks: mark.map(|mark| (name(), mark.to_owned())).into_iter().collect(),
            ..Reading::default()
        })
    }

    #[test]
    fn the_ciphertext_decides_and_times_only_where_they_can() {
        let now = Timestamp::now();
        let at = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).unwrap();
        let is_same = |before: &Contents, now: &Contents| before.is_same(&name(), now);
        let old = contents("file", at(-60), None);
        assert_eq!(is_same(&old, &contents("file", at(-60), None)), Some(true));
        assert_eq!(is_same(&old, &contents("other", at(-60), None)), Some(true), "another entry has changed");
        assert_eq!(is_same(&old, &contents("other", at(0), None)), Some(false));
        assert_eq!(is_same(&old, &contents("other", at(-90), None)), Some(false), "the clock was ahead");
        let fresh = contents("file", at(0), None);
        assert_eq!(is_same(&fresh, &contents("other", at(0), None)), None, "twice within a second");
        let ahead = contents("file", at(9000), None);
        assert_eq!(is_same(&ahead, &contents("file", at(9000), None)), Some(true), "the clock was ahead");
        let exact = |nanoseconds| now + jiff::SignedDuration::from_nanos(nanoseconds);
        let unequal = is_same(&contents("file", exact(1), None), &contents("other", exact(2), None));
        assert_eq!(unequal, Some(false), "twice within a second");
        let marked = contents("file", at(-60), Some("a"));
        assert_eq!(is_same(&marked, &contents("other", at(-60), Some("a"))), Some(true));
        assert_eq!(is_same(&marked, &contents("other", at(-60), Some("b"))), Some(false));
        assert_eq!(is_same(&Contents::default(), &marked), Some(false), "it was not in the push");
    }
}
