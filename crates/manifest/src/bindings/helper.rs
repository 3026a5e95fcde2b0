//! Bindings that a credential helper answers.

use remo_wire::binding::{
    Account, AccountFields, AwsFields, AwsHelper, DockerHelper, GitHelper, HelperTarget,
};
use remo_wire::names::FieldName;

use super::claims::Claims;
use super::env::field;
use crate::helper::{self, Fault};
use crate::problem::Rule;
use crate::quote::quote;
use crate::reader::{Entry, Reader, Section};

/// Keys that only this mode has, and `fields`, which it shares.
pub(super) const KEYS: &[&str] = &["helper", "url", "registry", "profile", "username", "fields"];

/// The words of `helper`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Git,
    Docker,
    Aws,
}

impl Kind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("git", Self::Git), ("docker", Self::Docker), ("aws", Self::Aws)];

    /// The key that says what it answers for.
    fn place(self) -> &'static str {
        match self {
            Self::Git => "url",
            Self::Docker => "registry",
            Self::Aws => "profile",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Git => "url = \"https://github.com\"",
            Self::Docker => "registry = \"ghcr.io\"",
            Self::Aws => "profile = \"default\"",
        }
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Git => &["helper", "url", "username", "fields"],
            Self::Docker => &["helper", "registry", "username", "fields"],
            Self::Aws => &["helper", "profile", "fields"],
        }
    }
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    claims: &mut Claims,
) -> Option<HelperTarget> {
    let (word, kind) = kind(reader, section)?;
    for entry in section.entries() {
        if KEYS.contains(&entry.name) && !kind.keys().contains(&entry.name) {
            reader.report(
                Rule::KeyOfAnotherHelper,
                (entry.offset, &entry.path),
                format!("{} is no key of helper = \"{word}\"", entry.name),
                format!("remove it; helper = \"{word}\" has: {}", kind.keys().join(", ")),
            );
        }
    }
    let place = place(reader, section, kind, word, claims);
    match kind {
        Kind::Git => account(reader, section, word)
            .and_then(|account| Some(HelperTarget::Git(GitHelper { url: place?, account }))),
        Kind::Docker => account(reader, section, word)
            .and_then(|account| Some(HelperTarget::Docker(DockerHelper { registry: place?, account }))),
        Kind::Aws => aws_fields(reader, section)
            .and_then(|fields| Some(HelperTarget::Aws(AwsHelper { profile: place?, fields }))),
    }
}

fn kind(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<(&'static str, Kind)> {
    let words: Vec<_> = Kind::WORDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let remedy = format!("write helper = {}", words.join(" or "));
    let Some(entry) = section.get("helper") else {
        let message = "fetch_as = \"helper\" needs to know which tool asks";
        reader.report(Rule::MissingHelperKey, (section.offset, &section.path), message, remedy);
        return None;
    };
    let word = reader.text(&entry, "helper = \"git\"")?;
    let kind = Kind::WORDS.iter().find(|(known, _)| *known == word).copied();
    if kind.is_none() {
        let message = format!("{} is no helper", quote(word));
        reader.report(Rule::HelperKind, (entry.offset, &entry.path), message, remedy);
    }
    kind
}

fn place(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    kind: Kind,
    word: &str,
    claims: &mut Claims,
) -> Option<String> {
    let example = kind.example();
    let Some(entry) = section.get(kind.place()) else {
        reader.report(
            Rule::MissingHelperKey,
            (section.offset, &section.path),
            format!("helper = \"{word}\" needs {} {}", article(kind.place()), kind.place()),
            format!("write for example: {example}"),
        );
        return None;
    };
    let text = reader.text(&entry, example)?;
    let checked = match kind {
        Kind::Git => helper::url(text).map(drop),
        Kind::Docker => helper::registry(text),
        Kind::Aws => helper::profile(text),
    };
    checked.map_err(|fault| refuse(reader, &entry, text, fault, Rule::HelperPlace)).ok()?;
    claims.helper(&format!("{} {text}", kind.place()), entry.offset, &entry.path);
    // The file by which the tool learns of its helper is ours as well.
    match kind {
        Kind::Git => {}
        Kind::Docker => claims.tool_file(helper::DOCKER_CONFIG, entry.offset, &entry.path),
        Kind::Aws => claims.tool_file(helper::AWS_CONFIG, entry.offset, &entry.path),
    }
    Some(text.to_owned())
}

fn article(word: &str) -> &'static str {
    if word == "url" { "its" } else { "a" }
}

fn refuse(reader: &mut Reader<'_>, entry: &Entry<'_>, text: &str, fault: Fault, rule: Rule) {
    reader.report(rule, (entry.offset, &entry.path), format!("{} {fault}", quote(text)), fault.remedy());
}

fn account(reader: &mut Reader<'_>, section: &Section<'_>, word: &str) -> Option<Account> {
    let (username, fields) = (section.get("username"), section.get("fields"));
    let user = username.as_ref().map(|entry| user(reader, entry));
    let bundle = fields.as_ref().map(|entry| account_fields(reader, entry));
    match (user, bundle) {
        (Some(_), Some(_)) => {
            let later = username.into_iter().chain(fields).max_by_key(|entry| entry.offset)?;
            reader.report(
                Rule::HelperAccount,
                (later.offset, &later.path),
                "username and fields exclude each other: username goes with a secret that is one value, fields with a bundle that has both",
                "remove one of the two",
            );
            None
        }
        (Some(username), None) => username.map(|username| Account::Username { username }),
        (None, Some(fields)) => fields.map(|fields| Account::Fields { fields }),
        (None, None) => {
            reader.report(
                Rule::MissingHelperKey,
                (section.offset, &section.path),
                format!("helper = \"{word}\" needs a user name beside the secret"),
                "write username = \"x-access-token\" for a token of GitHub, \"oauth2\" for one of GitLab, or your own; \
                 for a bundle: fields = { username = \"user\", password = \"password\" }",
            );
            None
        }
    }
}

fn user(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let text = reader.text(entry, "username = \"x-access-token\"")?;
    helper::username(text).map_err(|fault| refuse(reader, entry, text, fault, Rule::HelperAccount)).ok()?;
    Some(text.to_owned())
}

fn account_fields(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<AccountFields> {
    let mut table = Fields::open(reader, entry, "fields = { username = \"user\", password = \"password\" }")?;
    table.reader.only(&table.section, &["username", "password"]);
    let (username, password) = (table.required("username"), table.required("password"));
    Some(AccountFields { username: username?, password: password? })
}

/// The outer `None` says that a problem was reported, the inner one that the key is not there.
#[expect(clippy::option_option, reason = "absent is allowed, unusable is not: two different answers")]
fn aws_fields(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Option<AwsFields>> {
    let Some(entry) = section.get("fields") else { return Some(None) };
    let example = "fields = { access_key_id = \"id\", secret_access_key = \"key\" }";
    let mut table = Fields::open(reader, &entry, example)?;
    let known = ["access_key_id", "secret_access_key", "session_token", "expiration"];
    table.reader.only(&table.section, &known);
    let [id, key] = ["access_key_id", "secret_access_key"].map(|name| table.required(name));
    let [token, expiration] = ["session_token", "expiration"].map(|name| table.optional(name));
    Some(Some(AwsFields {
        access_key_id: id?,
        secret_access_key: key?,
        session_token: token?,
        expiration: expiration?,
    }))
}

/// A table of fields, by what takes them.
struct Fields<'r, 'f, 't> {
    reader: &'r mut Reader<'f>,
    section: Section<'t>,
    example: &'static str,
}

impl<'r, 'f, 't> Fields<'r, 'f, 't> {
    fn open(reader: &'r mut Reader<'f>, entry: &Entry<'t>, example: &'static str) -> Option<Self> {
        let section = reader.section(entry, example)?;
        Some(Self { reader, section, example })
    }

    fn required(&mut self, name: &str) -> Option<FieldName> {
        if let Some(entry) = self.section.get(name) {
            return field(self.reader, &entry);
        }
        self.reader.report(
            Rule::MissingHelperKey,
            (self.section.offset, &self.section.path),
            format!("fields does not say which field is the {name}"),
            format!("write for example: {}", self.example),
        );
        None
    }

    #[expect(clippy::option_option, reason = "absent is allowed, unusable is not: two different answers")]
    fn optional(&mut self, name: &str) -> Option<Option<FieldName>> {
        match self.section.get(name) {
            Some(entry) => field(self.reader, &entry).map(Some),
            None => Some(None),
        }
    }
}
