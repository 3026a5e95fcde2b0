//! One fnox configuration under another key.
//!
//! fnox keeps an entry as one age file in base64. Each of those that the old key opens is sealed for the same
//! recipients, with the new key in the place of the old one, and put where it was in the text; so comments, order and
//! everything that is not the old key's stay as they are. A form of ciphertext that is not known here cannot slip
//! through: what does not open is named, and the real fnox reads the result before it is put in place.

use std::io::Write as _;

use age::Encryptor;
use age::x25519::Recipient;
use remo_secret::Secret;
use remo_wire::value::{decode_base64, encode_base64};
use toml::{Table, Value};

use super::Keys;
use crate::key::VaultKey;
use crate::store::{open, seal};

/// The type of the providers whose entries are age files.
const AGE: &str = "age";

/// A configuration, as far as it is the vault key's.
pub(super) struct Fnox {
    text: String,
    /// Entries: name, ciphertext in base64, recipients.
    entries: Vec<(String, String, Vec<String>)>,
}

impl Fnox {
    /// Takes `content` apart; `None` when it is not a configuration with an age provider.
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?.to_owned();
        let table: Table = text.parse().ok()?;
        let providers = table.get("providers")?.as_table()?;
        let recipients = |name: &str| -> Option<Vec<String>> {
            let provider = providers.get(name)?.as_table()?;
            if provider.get("type")?.as_str()? != AGE {
                return None;
            }
            let recipients = provider.get("recipients")?.as_array()?;
            Some(recipients.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
        };
        if !providers.keys().any(|name| recipients(name).is_some()) {
            return None;
        }
        let default = table.get("default_provider").and_then(Value::as_str);
        let mut entries = Vec::new();
        for secrets in tables_of_secrets(&table) {
            for (name, entry) in secrets {
                let provider = entry.get("provider").and_then(Value::as_str).or(default);
                let value = entry.get("value").and_then(Value::as_str);
                if let (Some(recipients), Some(value)) = (provider.and_then(recipients), value) {
                    entries.push((name.clone(), value.to_owned(), recipients));
                }
            }
        }
        Some(Self { text, entries })
    }

    /// The names of the entries that `key` does not open.
    pub(super) fn closed_for(&self, key: &VaultKey) -> Vec<String> {
        let opens = |value: &str| decode(value).is_some_and(|sealed| open(key, sealed.expose()).is_ok());
        let closed = self.entries.iter().filter(|(_, value, _)| !opens(value));
        closed.map(|(name, ..)| name.clone()).collect()
    }

    /// The configuration under the new key, and what of it neither key opens; that part stays as it is.
    ///
    /// # Errors
    /// When an entry opens but cannot be sealed, in words.
    pub(super) fn reseal(&self, keys: &Keys) -> Result<(Secret, Vec<String>), String> {
        let (old, new) = (keys.old.recipient(), keys.new.recipient());
        let mut text = self.text.clone();
        let mut closed = Vec::new();
        for (name, value, recipients) in &self.entries {
            let Some(plaintext) = decode(value).and_then(|sealed| open(&keys.old, sealed.expose()).ok())
            else {
                if decode(value).is_none_or(|sealed| open(&keys.new, sealed.expose()).is_err()) {
                    closed.push(name.clone());
                }
                continue;
            };
            let mut others: Vec<&str> = recipients.iter().map(String::as_str).collect();
            others.retain(|recipient| *recipient != old && *recipient != new);
            let sealed = if others.is_empty() {
                seal(&keys.new, &plaintext).map_err(|error| format!("{name}: {error}"))?
            } else {
                seal_for(&keys.new.recipient(), &others, &plaintext).ok_or_else(|| {
                    format!("{name} has a recipient besides the vault key that is no age key")
                })?
            };
            let sealed = encode_base64(&sealed);
            text = text.replace(value.as_str(), sealed.expose_text().unwrap_or_default());
        }
        Ok((Secret::from_text(text.replace(&old, &new)), closed))
    }

    /// Whether each entry of `resealed` that the new key opens is what `self` holds, and nothing is under the old
    /// key any more.
    pub(super) fn is_faithful(&self, keys: &Keys, resealed: &Self) -> bool {
        let old = keys.old.recipient();
        self.entries.len() == resealed.entries.len()
            && !resealed.text.contains(&old)
            && self.entries.iter().zip(&resealed.entries).all(|((name, before, _), (other, after, _))| {
                let (before, after) = (decode(before), decode(after));
                let plaintext = |sealed: &Option<Secret>, key| {
                    sealed.as_ref().and_then(|sealed| open(key, sealed.expose()).ok())
                };
                name == other
                    && match plaintext(&before, &keys.old) {
                        Some(value) => {
                            plaintext(&after, &keys.new) == Some(value)
                                && plaintext(&after, &keys.old).is_none()
                        }
                        None => before == after,
                    }
            })
    }
}

/// Every table of secrets: at the top level, and in profiles.
fn tables_of_secrets(table: &Table) -> impl Iterator<Item = &Table> {
    let profiles = table.get("profiles").and_then(Value::as_table);
    let in_profiles = profiles.into_iter().flat_map(|profiles| profiles.values());
    std::iter::once(table.get("secrets"))
        .chain(in_profiles.map(|profile| profile.get("secrets")))
        .filter_map(|secrets| secrets.and_then(Value::as_table))
}

fn decode(value: &str) -> Option<Secret> {
    decode_base64(&Secret::from_text(value.to_owned()))
}

fn seal_for(first: &str, others: &[&str], plaintext: &Secret) -> Option<Vec<u8>> {
    let recipients: Vec<Recipient> = std::iter::once(first)
        .chain(others.iter().copied())
        .map(|one| one.parse().ok())
        .collect::<Option<_>>()?;
    let encryptor =
        Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn age::Recipient))
            .ok()?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).ok()?;
    writer.write_all(plaintext.expose()).ok()?;
    writer.finish().ok()?;
    Some(sealed)
}
