//! The fnox configuration, judged before fnox sees it.
//!
//! Supported is what the vault keeps: secrets at the top level, each with a `value` under a provider of type
//! `age`. Anything else of an entry that would bring its value from elsewhere (`default`, `json_path`, another
//! provider) or put it elsewhere (`as_file`) makes that entry a fault. Profiles with secrets and imported files
//! are refused as a whole: reading past them would look like a removal.

use std::collections::BTreeMap;
use std::path::Path;

use remo_secret::Secret;
use remo_wire::names::SecretName;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::{Fault, FnoxError};

/// What an entry may have; the last three change nothing about its value.
const KNOWN_KEYS: [&str; 5] = ["provider", "value", "description", "if_missing", "env"];

/// The one type of provider.
const AGE: &str = "age";

/// How many bytes of a digest make a mark: enough that no two ciphertexts share one by chance.
const MARK_LENGTH: usize = 16;

/// A configuration, taken apart.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// Providers of type age, with their recipients.
    pub(crate) providers: BTreeMap<String, Vec<String>>,
    /// What fnox may read.
    pub(crate) readable: BTreeMap<SecretName, Sealed>,
    /// What it may not, with the reason.
    pub(crate) faults: BTreeMap<SecretName, Fault>,
    /// Names that are no secret names.
    pub(crate) unpushable: Vec<String>,
    /// The provider that entries without one of their own have.
    pub(crate) default_provider: Option<String>,
}

/// The ciphertext of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    provider: String,
    value: String,
}

impl Configuration {
    /// Takes the configuration in `content` apart; `store` is for messages.
    pub(crate) fn parse(content: &Secret, store: &Path) -> Result<Self, FnoxError> {
        let refused = |problem: &'static str| FnoxError::Configuration { store: store.to_owned(), problem };
        if content.is_empty() {
            return Err(refused("the file is empty"));
        }
        let text = content.expose_text().ok_or_else(|| refused("the file is not text"))?;
        // What the parser says is dropped: it quotes the line.
        let table: Table = text.parse().map_err(|_| refused("the file is cut short or not TOML"))?;
        if table.get("import").is_some_and(|import| import.as_array().is_none_or(|files| !files.is_empty())) {
            return Err(refused("it imports other files, which are not read"));
        }
        let profiles = table.get("profiles").and_then(Value::as_table);
        if profiles.is_some_and(|profiles| profiles.values().any(|profile| profile.get("secrets").is_some()))
        {
            return Err(refused("it has secrets in profiles; only those at the top level are read"));
        }
        let Some(secrets) = table.get("secrets").and_then(Value::as_table) else {
            return Err(refused("it has no [secrets] table: it is cut short, or never was a store"));
        };
        let providers = providers(&table);
        let default_provider = table.get("default_provider").and_then(Value::as_str).map(str::to_owned);
        let mut configuration = Self {
            providers,
            readable: BTreeMap::new(),
            faults: BTreeMap::new(),
            unpushable: Vec::new(),
            default_provider,
        };
        for (name, entry) in secrets {
            let Ok(name) = SecretName::new(name) else {
                configuration.unpushable.push(name.clone());
                continue;
            };
            match configuration.judge(entry) {
                Ok(sealed) => {
                    configuration.readable.insert(name, sealed);
                }
                Err(fault) => {
                    configuration.faults.insert(name, fault);
                }
            }
        }
        Ok(configuration)
    }

    fn judge(&self, entry: &Value) -> Result<Sealed, Fault> {
        let entry =
            entry.as_table().ok_or_else(|| Fault::new("it is plaintext in the file, not encrypted"))?;
        if let Some(key) = entry.keys().find(|key| !KNOWN_KEYS.contains(&key.as_str())) {
            return Err(Fault::new(match key.as_str() {
                "default" => "it has a default, which is plaintext in the file".to_owned(),
                "as_file" => {
                    "it is marked as_file, with which fnox writes it to disk in plaintext".to_owned()
                }
                _ => format!("it has {}, which the vault does not support", key.escape_debug()),
            }));
        }
        let provider = match entry.get("provider") {
            Some(named) => named.as_str(),
            None => self.default_provider.as_deref(),
        };
        let provider = provider.ok_or_else(|| Fault::new("it names no provider, so it is not encrypted"))?;
        if !self.providers.contains_key(provider) {
            return Err(Fault::new("its provider is not one of type age in this file"));
        }
        match entry.get("value").and_then(Value::as_str) {
            Some(value) if !value.is_empty() => {
                Ok(Sealed { provider: provider.to_owned(), value: value.to_owned() })
            }
            _ => Err(Fault::new("it has no value")),
        }
    }

    /// The provider that seals for `recipient`: the default one, else one called vault, else any.
    pub(crate) fn provider_for(&self, recipient: &str) -> Option<&str> {
        let seals = |name: &&str| {
            self.providers.get(*name).is_some_and(|recipients| recipients.iter().any(|it| it == recipient))
        };
        let preferred = self.default_provider.as_deref().into_iter().chain(["vault"]);
        preferred.chain(self.providers.keys().map(String::as_str)).find(seals)
    }

    /// Whether the file has an entry of this name, readable or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.readable.contains_key(name)
            || self.faults.contains_key(name)
            || self.unpushable.iter().any(|other| other == name)
    }

    /// Whether everything but the entries that are `edited` is as it is in `before`, down to the ciphertext.
    pub(crate) fn differs_only_in(&self, before: &Self, edited: impl Fn(&str) -> bool) -> bool {
        let rest = |it: &Self| {
            let kept = |name: &str| !edited(name);
            let readable: Vec<_> = it
                .readable
                .iter()
                .filter(|(name, _)| kept(name.as_str()))
                .map(|(name, sealed)| (name.clone(), sealed.clone()))
                .collect();
            let faults: Vec<_> = it.faults.keys().filter(|name| kept(name.as_str())).cloned().collect();
            let unpushable: Vec<_> = it.unpushable.iter().filter(|name| kept(name)).cloned().collect();
            (readable, faults, unpushable, it.providers.clone(), it.default_provider.clone())
        };
        rest(self) == rest(before)
    }

    /// This configuration without the readable entries that are not `wanted`, and without the others.
    pub(crate) fn only(mut self, wanted: impl Fn(&SecretName) -> bool) -> Self {
        self.readable.retain(|name, _| wanted(name));
        self.faults.clear();
        self.unpushable.clear();
        self
    }

    /// For each readable entry, a mark that changes with its ciphertext. Sealing a value twice gives two
    /// ciphertexts, so it confirms no guess of the value.
    pub(crate) fn marks(&self) -> BTreeMap<SecretName, String> {
        let mark = |sealed: &Sealed| {
            let mut beginning = [0; MARK_LENGTH];
            beginning.copy_from_slice(&Sha256::digest(sealed.value.as_bytes())[..MARK_LENGTH]);
            format!("{:032x}", u128::from_be_bytes(beginning))
        };
        self.readable.iter().map(|(name, sealed)| (name.clone(), mark(sealed))).collect()
    }

    /// How many readable entries there are.
    pub(crate) fn count(&self) -> usize {
        self.readable.len()
    }

    /// A configuration of the readable entries that are `wanted`, and nothing else: no keys, no commands, no files.
    pub(crate) fn copy(&self, wanted: impl Fn(&SecretName) -> bool) -> Result<String, FnoxError> {
        let texts = |list: &[String]| Value::Array(list.iter().cloned().map(Value::String).collect());
        let providers = self.providers.iter().map(|(name, recipients)| {
            let provider = [
                ("type".to_owned(), Value::String(AGE.to_owned())),
                ("recipients".to_owned(), texts(recipients)),
            ];
            (name.clone(), Value::Table(provider.into_iter().collect()))
        });
        let secrets = self.readable.iter().filter(|(name, _)| wanted(name)).map(|(name, sealed)| {
            let entry = [
                ("provider".to_owned(), Value::String(sealed.provider.clone())),
                ("value".to_owned(), Value::String(sealed.value.clone())),
            ];
            (name.as_str().to_owned(), Value::Table(entry.into_iter().collect()))
        });
        let copy: Table = [
            ("root".to_owned(), Value::Boolean(true)),
            ("providers".to_owned(), Value::Table(providers.collect())),
            ("secrets".to_owned(), Value::Table(secrets.collect())),
        ]
        .into_iter()
        .collect();
        toml::to_string(&copy).map_err(FnoxError::Copy)
    }
}

/// The providers of type age; the others are somebody else's and only matter where an entry names one.
fn providers(table: &Table) -> BTreeMap<String, Vec<String>> {
    let recipients = |provider: &Value| -> Option<Vec<String>> {
        let provider = provider.as_table()?;
        if provider.get("type")?.as_str()? != AGE {
            return None;
        }
        let recipients = provider.get("recipients").and_then(Value::as_array);
        Some(
            recipients
                .into_iter()
                .flatten()
                .filter_map(|recipient| recipient.as_str().map(str::to_owned))
                .collect(),
        )
    };
    let all = table.get("providers").and_then(Value::as_table).into_iter().flatten();
    all.filter_map(|(name, provider)| Some((name.clone(), recipients(provider)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[providers.vault]\ntype = \"age\"\nrecipients = [\"age1x\"]\n[providers.other]\ntype = \
                        \"plain\"\n[secrets]\n";

    fn parse(text: &str) -> Result<Configuration, FnoxError> {
        Configuration::parse(&Secret::from_text(text.to_owned()), Path::new("fnox.toml"))
    }

    fn problem(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_does_not_tell_what_it_holds_is_refused() {
        assert!(problem("").contains("is empty"));
        assert!(problem("[providers.vault]\ntype = \"age\"\n").contains("no [secrets] table"));
        let whole = format!("{HEAD}gh = {{ provider = \"vault\", value = \"YWdl\" }}\n");
        for length in 1..whole.len() - 1 {
            // Cut right behind the heading, it reads as a store without entries.
            let empty = whole[..length].trim_end().ends_with("[secrets]");
            assert!(empty || parse(&whole[..length]).is_err(), "{length}");
        }
        assert!(problem(&format!("import = [\"x.toml\"]\n{HEAD}")).contains("imports other files"));
        assert!(
            problem(&format!("{HEAD}[profiles.work.secrets]\na = {{ value = \"x\" }}\n"))
                .contains("in profiles")
        );
        assert!(problem("secrets = 1").contains("no [secrets] table"));
    }

    #[test]
    fn messages_do_not_quote_the_file() {
        let text = problem(&format!("{HEAD}gh = \"tripwire"));
        assert!(!text.contains("tripwire"), "{text}");
    }

    #[test]
    fn only_sealed_entries_are_readable() {
        let configuration = parse(&format!(
            "default_provider = \"vault\"\n{HEAD}good = {{ provider = \"vault\", value = \"c\", description = \"d\" }}\n\
             default_too = {{ value = \"c\" }}\nplain = \"tripwire\"\nother = {{ provider = \"other\", value = \"x\" }}\n\
             nowhere = {{ provider = \"gone\", value = \"x\" }}\nfile = {{ provider = \"vault\", value = \"c\", as_file = \
             true }}\nfallback = {{ provider = \"vault\", value = \"c\", default = \"tripwire\" }}\nempty = {{ provider = \
             \"vault\" }}\n\"no-name\" = {{ provider = \"vault\", value = \"c\" }}\n"
        ))
        .unwrap();
        let readable: Vec<_> = configuration.readable.keys().map(SecretName::as_str).collect();
        assert_eq!(readable, ["default_too", "good"]);
        assert_eq!(configuration.unpushable, ["no-name"]);
        let faults: Vec<_> =
            configuration.faults.iter().map(|(name, fault)| format!("{name}: {fault}")).collect();
        assert_eq!(
            faults,
            [
                "empty: it has no value",
                "fallback: it has a default, which is plaintext in the file",
                "file: it is marked as_file, with which fnox writes it to disk in plaintext",
                "nowhere: its provider is not one of type age in this file",
                "other: its provider is not one of type age in this file",
                "plain: it is plaintext in the file, not encrypted",
            ]
        );
        let copy = configuration.copy(|_| true).unwrap();
        assert!(
            !copy.contains("tripwire") && !copy.contains("as_file") && !copy.contains("no-name"),
            "{copy}"
        );
        let again = parse(&copy).unwrap();
        assert_eq!(again.readable, configuration.readable);
        assert!(again.faults.is_empty());
        let one = parse(&configuration.copy(|name| name.as_str() == "good").unwrap()).unwrap();
        assert_eq!(one.readable.len(), 1);
    }
}
