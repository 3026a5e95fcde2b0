//! What is remembered of a login: when it was made, how long it lasts, and what its tool needs for a refresh.
//!
//! The records are one file beside the store, in the format of the embedded store and written by the same code; so
//! whatever renews the vault key treats it as one more store. Its entries carry the names of the secrets that they
//! belong to. Inside it says that it is of another kind, so no command takes it for a store, whatever it is called:
//! nothing in it is ever pushed or shown. The version before the last write is not kept: what is forgotten is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;
use serde::{Deserialize, Serialize};

use crate::private_file;
use crate::store::{Commit, Store, StoreError};

/// The name of the file, in the folder of the store.
pub const LOGINS_FILE: &str = "logins.age";

/// Where the records of `store` are.
pub fn logins_file(store: &Path) -> PathBuf {
    private_file::folder_of(store).join(LOGINS_FILE)
}

/// One login. Encoded as JSON, as the value of an entry.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// Name of the recipe.
    pub(super) recipe: String,
    /// When the credential was taken out, first or by a refresh.
    pub(super) obtained_at: Timestamp,
    /// When it ceases to work, as far as it is known.
    pub(super) expires_at: Option<Timestamp>,
    /// Whether the recipe can refresh it.
    pub(super) refreshable: bool,
    /// A refresh is due this many seconds before it expires.
    pub(super) early_seconds: u32,
    /// Digests of the credential that is being stored and of the one that it replaces, to tell whether the store still
    /// holds either: the record is written first, and a crash may come in between.
    pub(super) digests: Vec<String>,
    /// What was answered to the questions that are no secrets.
    pub(super) answers: BTreeMap<String, String>,
    /// The tool's files that a refresh needs, by their path in its home; each as base64.
    pub(super) state: BTreeMap<String, Secret>,
}

/// The records beside one store.
#[derive(Debug, Clone)]
pub(super) struct Records {
    file: Store,
}

impl Records {
    pub(super) fn beside(store: &Path, key_file: &Path) -> Self {
        Self { file: Store::of_logins(&logins_file(store), key_file) }
    }

    /// All that can be read; one of another version is left out.
    pub(super) fn read(&self) -> Result<BTreeMap<SecretName, Record>, StoreError> {
        let reading = self.file.preview()?.reading();
        Ok(reading
            .secrets
            .into_iter()
            .filter_map(|(name, entry)| Some((name, decode(&entry.value)?)))
            .collect())
    }

    /// Puts `record` in the place of the one that `name` had.
    pub(super) fn put(
        &self,
        name: &SecretName,
        record: &Record,
        waiting: &mut dyn FnMut(),
    ) -> Result<(), StoreError> {
        let encoded = serde_json::to_vec(record).map(Secret::new).map_err(|error| StoreError::Write {
            path: self.file.path().to_owned(),
            source: std::io::Error::other(error),
        })?;
        let value = PushedSecret::Scalar(encoded);
        self.file.update(waiting, |document| {
            document.set(name, &value);
            Ok((Commit::Write, ()))
        })
    }

    /// Fails when no record could be written.
    pub(super) fn check_writable(&self, waiting: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.file.check_writable(waiting)
    }

    /// Forgets the record of `name`; `false` when there was none.
    pub(super) fn remove(&self, name: &SecretName, waiting: &mut dyn FnMut()) -> Result<bool, StoreError> {
        self.file.update(waiting, |document| {
            let removed = document.remove(name.as_str());
            Ok((if removed { Commit::Write } else { Commit::Leave }, removed))
        })
    }
}

/// What the decoder says is dropped, because it may quote a value.
fn decode(value: &PushedSecret) -> Option<Record> {
    match value {
        PushedSecret::Scalar(text) => serde_json::from_slice(text.expose()).ok(),
        PushedSecret::Bundle(_) => None,
    }
}
