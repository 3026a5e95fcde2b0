//! A recipe: how one login goes, as data. The file is TOML and strict; what it may hold is the types here.

mod catalog;
mod check;
mod template;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use catalog::{Catalog, Found, Origin};
pub(super) use template::fill;

/// The one version of the format.
const SCHEMA_VERSION: u32 = 1;

/// How one login goes.
///
/// `{{key}}` stands for the answer to a question, in the places that say so; answers that are secrets go nowhere but
/// to a standard input or into the store.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of this format: 1.
    pub schema_version: u32,
    /// What is typed behind `remo-login`: a-z, 0-9 and -, at most 32. The file is called the same, with `.toml`.
    pub name: String,
    /// What one is logged in to, in a few words.
    pub title: String,
    /// The secret that the credential is stored as, unless `--name` says another.
    pub secret: String,
    /// What to know before: shown when the login begins and by `--show`.
    #[serde(default)]
    pub note: String,
    /// For how long the credential lasts, in words; shown by the list.
    pub lasts: String,
    /// A manifest binding to paste. `{{secret}}` stands for the name that it was stored as.
    pub binding: String,
    /// What a person is asked, in this order.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// Variables of the tool that hold a path in its home, such as `GH_CONFIG_DIR = "gh/"`. With a `/` at the end a
    /// folder is made there, otherwise the folder above.
    #[serde(default)]
    pub home: BTreeMap<String, String>,
    /// Further variables of the tool. Values may have `{{key}}`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Files that the tool finds in its home.
    #[serde(default, rename = "file")]
    pub files: Vec<SeedFile>,
    /// The tool's own login; without it the answers alone are the credential.
    pub login: Option<LoginStep>,
    /// Where the credential is afterwards.
    pub credential: Credential,
    /// When it expires; without it nothing is known about that.
    pub expiry: Option<Expiry>,
    /// How it is renewed without asking a person.
    pub refresh: Option<Refresh>,
}

/// One question.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What `{{key}}` and `answer` call it: a-z, 0-9 and _.
    pub key: String,
    /// What is asked, without a colon.
    pub prompt: String,
    /// Typed without echo, and never kept but as the credential.
    #[serde(default)]
    pub secret: bool,
    /// What an empty answer means; not for secrets.
    pub default: Option<String>,
    /// Asked after the tool's login: for what the tool only shows on the terminal.
    #[serde(default)]
    pub after_login: bool,
}

/// A file that the tool finds in its home, before its login and before each refresh.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedFile {
    /// Its path in the home.
    pub path: String,
    /// Its content, with `{{key}}` for answers that are no secrets.
    pub content: String,
}

/// The tool's own login.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginStep {
    /// Program and arguments; no shell. Arguments may have `{{key}}`.
    pub command: Vec<String>,
    /// The secret answer that the tool reads from its standard input.
    pub stdin: Option<String>,
    /// The tool is ended after this many seconds.
    #[serde(default = "login_seconds")]
    pub timeout_seconds: u32,
}

/// A person has to find a browser, log in there and come back.
fn login_seconds() -> u32 {
    900
}

/// The credential: one string, or named fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The string of a scalar.
    pub value: Option<Place>,
    /// The fields of a bundle.
    #[serde(default)]
    pub fields: BTreeMap<String, Place>,
}

/// Where a string is: one of `file`, `command` and `answer`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// A file in the tool's home.
    pub file: Option<String>,
    /// A command that prints it. Arguments may have `{{key}}`. Places with the same command share one run.
    pub command: Option<Vec<String>>,
    /// The answer to a question.
    pub answer: Option<String>,
    /// What the file or the output is; `text` unless said.
    #[serde(default)]
    pub format: Format,
    /// The way to it: keys of objects or tables; for INI section and key, or a key alone outside of sections. May
    /// have `{{key}}`.
    #[serde(default)]
    pub at: Vec<String>,
}

/// How a file or an output is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The whole of it, without one line end at the end.
    #[default]
    Text,
    /// A JSON document.
    Json,
    /// A TOML document.
    Toml,
    /// `key = value` lines, with `[section]`s or without.
    Ini,
}

/// When the credential expires: one of `from` and `after_seconds`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Where the time is.
    pub from: Option<Place>,
    /// How the time is written; `rfc3339` unless said.
    #[serde(default)]
    pub format: TimeFormat,
    /// This many seconds after the login.
    pub after_seconds: Option<u32>,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeFormat {
    /// `2026-05-31T02:30:00Z`, or with an offset.
    #[default]
    Rfc3339,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMilliseconds,
}

/// How the credential is renewed without asking a person.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Files and folders of the home that the tool needs for it. They are kept encrypted in the vault and never
    /// pushed.
    pub keep: Vec<String>,
    /// What renews it; without it the commands of `credential` do.
    pub command: Option<Vec<String>>,
    /// Due this many seconds before it expires.
    #[serde(default = "early_seconds")]
    pub early_seconds: u32,
    /// The tool is ended after this many seconds.
    #[serde(default = "refresh_seconds")]
    pub timeout_seconds: u32,
}

/// Longer than any sensible interval of a timer, shorter than what an access token lasts.
fn early_seconds() -> u32 {
    900
}

/// Nobody is waited for; a slow network is.
fn refresh_seconds() -> u32 {
    120
}

impl Recipe {
    /// The question that is called `key`.
    pub(super) fn question(&self, key: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.key == key)
    }

    /// Every place that is read, with the key that names it in messages.
    pub(super) fn places(&self) -> Vec<(String, &Place)> {
        let value = self.credential.value.iter().map(|place| ("credential.value".to_owned(), place));
        let fields = self.credential.fields.iter();
        let fields = fields.map(|(name, place)| (format!("credential.fields.{name}"), place));
        let expiry = self.expiry.iter().filter_map(|expiry| expiry.from.as_ref());
        let expiry = expiry.map(|place| ("expiry.from".to_owned(), place));
        value.chain(fields).chain(expiry).collect()
    }

    /// The schema of a recipe file.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Recipe).to_value()
    }
}
