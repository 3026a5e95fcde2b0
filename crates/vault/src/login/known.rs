//! What is known of the logins of a store, without values: for everything that shows them.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use remo_wire::names::SecretName;
use serde::Serialize;

use super::digest::{self, Present};
use super::expiry::Standing;
use super::record::{Record, Records};
use crate::source::Reading;
use crate::store::StoreError;

/// One login whose credential was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Login {
    /// The secret that it is stored as.
    pub name: SecretName,
    /// The recipe that it was made by.
    pub recipe: String,
    /// When the credential was obtained, first or by a refresh.
    pub obtained_at: Timestamp,
    /// When it expires, where that is known.
    pub expires_at: Option<Timestamp>,
    /// Whether `remo-login refresh` can renew it without asking a person.
    pub refreshable: bool,
    /// A refresh is due this long before it expires.
    #[serde(skip)]
    pub early: SignedDuration,
}

impl Login {
    pub(super) fn new(name: SecretName, record: Record) -> Self {
        Self {
            name,
            recipe: record.recipe,
            obtained_at: record.obtained_at,
            expires_at: record.expires_at,
            refreshable: record.refreshable,
            early: SignedDuration::from_secs(i64::from(record.early_seconds)),
        }
    }

    /// Whether it expires, and when, seen from `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::at(now, self.expires_at, self.early)
    }

    /// What to type next about its standing: nothing while it lasts.
    pub fn hint(&self, now: Timestamp) -> Option<String> {
        if !self.standing(now).is_due() {
            return None;
        }
        Some(if self.refreshable {
            format!("remo-login refresh {}", self.name)
        } else if self.name.as_str() == self.recipe {
            format!("remo-login {}", self.recipe)
        } else {
            format!("remo-login {} --name {}", self.recipe, self.name)
        })
    }
}

/// The logins of the store at `store` (of either kind), by name. None where nobody has logged in yet.
///
/// Nothing is said about whether the secret is still in the store: it may have been removed, or set by hand,
/// since.
///
/// # Errors
/// As of reading an embedded store: no key, a damaged file.
pub fn known(store: &Path, key_file: &Path) -> Result<Vec<Login>, StoreError> {
    let records = Records::beside(store, key_file).read()?;
    Ok(records.into_iter().map(|(name, record)| Login::new(name, record)).collect())
}

/// Those of [`known`] whose credential `reading` still holds, or may hold: an entry that cannot be read is left in. What
/// was removed or set by other means since is no login any more.
///
/// # Errors
/// As of [`known`].
pub fn current(store: &Path, key_file: &Path, reading: &Reading) -> Result<Vec<Login>, StoreError> {
    let records = Records::beside(store, key_file).read()?;
    let holds = |name: &SecretName, record: &Record| {
        matches!(digest::present(&record.digests, name, reading), Present::Same | Present::Unreadable)
    };
    let current = records.into_iter().filter(|(name, record)| holds(name, record));
    Ok(current.map(|(name, record)| Login::new(name, record)).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use remo_secret::Secret;

    use super::*;
    use remo_wire::admin::PushedSecret;

    use crate::key::VaultKey;
    use crate::source::{Entry, Fault};

    #[test]
    fn what_was_recorded_is_known_and_holds_no_values() {
        let folder = std::env::temp_dir().join(format!("remo-vault-known-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (store, key_file) = (folder.join("fnox.toml"), folder.join("key.txt"));
        VaultKey::create(&key_file).unwrap().unwrap();
        assert_eq!(known(&store, &key_file).unwrap(), []);
        let records = Records::beside(&store, &key_file);
        let name = SecretName::new("aws").unwrap();
        let record = Record {
            recipe: "aws-sso".into(),
            obtained_at: "2026-05-31T12:00:00Z".parse().unwrap(),
            expires_at: Some("2026-05-31T13:00:00Z".parse().unwrap()),
            refreshable: true,
            early_seconds: 600,
            digests: Vec::new(),
            answers: BTreeMap::new(),
            state: BTreeMap::from([("a/b".to_owned(), Secret::from_text("dHJpcHdpcmU=".into()))]),
        };
        records.put(&name, &record, &mut || ()).unwrap();
        let logins = known(&store, &key_file).unwrap();
        let [login] = logins.as_slice() else { panic!("{logins:?}") };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(login.hint(at("2026-05-31T12:00:00Z")), None);
        assert_eq!(login.hint(at("2026-05-31T12:55:00Z")).unwrap(), "remo-login refresh aws");
        assert!(!serde_json::to_string(login).unwrap().contains("dHJp"));
        assert_eq!(records.read().unwrap()[&name], record);
        assert_eq!(current(&store, &key_file, &Reading::default()).unwrap(), [], "it was removed");
        let value = PushedSecret::Scalar(Secret::from_text("token".into()));
        let held = Record { digests: vec![digest::of(&value)], ..record };
        records.put(&name, &held, &mut || ()).unwrap();
        let mut reading = Reading::default();
        reading.secrets.insert(name.clone(), Entry { value, changed_at: None });
        assert_eq!(current(&store, &key_file, &reading).unwrap().len(), 1);
        let other = PushedSecret::Scalar(Secret::from_text("by hand".into()));
        reading.secrets.insert(name.clone(), Entry { value: other, changed_at: None });
        assert_eq!(current(&store, &key_file, &reading).unwrap(), []);
        reading.secrets.clear();
        reading.faults.insert(name.clone(), Fault::new("cannot be decrypted"));
        assert_eq!(current(&store, &key_file, &reading).unwrap().len(), 1);
        assert!(records.remove(&name, &mut || ()).unwrap());
        assert_eq!(known(&store, &key_file).unwrap(), []);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
