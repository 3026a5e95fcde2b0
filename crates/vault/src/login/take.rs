//! Taking strings out of what a tool left or printed. Nothing of a content is ever in a message.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use configparser::ini::{Ini, IniDefault};
use jiff::{SignedDuration, Timestamp};
use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::names::FieldName;

use super::home::Home;
use super::recipe::{Format, Place, Recipe, TimeFormat, fill};
use super::tool::{Output, Run, Tools};
use crate::failure::Failure;

/// The longest string of a credential, in bytes.
const STRING_MAX: usize = 64 * 1024;

/// What a login brought.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) value: PushedSecret,
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads places; a command that several of them name runs once.
#[derive(Debug)]
pub(super) struct Taker<'a> {
    pub(super) home: &'a Home,
    pub(super) tools: &'a Tools<'a>,
    /// Answers that are no secrets.
    pub(super) answers: &'a BTreeMap<String, String>,
    /// Answers that are.
    pub(super) secrets: &'a BTreeMap<String, Secret>,
    /// For each command.
    pub(super) limit: Duration,
    /// What commands printed.
    pub(super) printed: BTreeMap<Vec<String>, Secret>,
}

impl Taker<'_> {
    /// The credential of `recipe` and when it expires.
    pub(super) fn take(&mut self, recipe: &Recipe, now: Timestamp) -> Result<Taken, Failure> {
        let value = if let Some(place) = &recipe.credential.value {
            PushedSecret::Scalar(self.checked("credential.value", place)?)
        } else {
            let mut fields = BTreeMap::new();
            for (name, place) in &recipe.credential.fields {
                let key = format!("credential.fields.{name}");
                let name = FieldName::new(name).map_err(|_| shape(&key, place, "has no name of a field"))?;
                fields.insert(name, self.checked(&key, place)?);
            }
            PushedSecret::Bundle(fields)
        };
        let expires_at =
            match &recipe.expiry {
                None => None,
                Some(expiry) => match (&expiry.from, expiry.after_seconds) {
                    (Some(place), _) => {
                        let text = self.checked("expiry.from", place)?;
                        let time = text.expose_text().and_then(|text| time(text, expiry.format));
                        Some(time.ok_or_else(|| {
                            shape("expiry.from", place, "is not a time in the recipe's format")
                        })?)
                    }
                    (None, seconds) => {
                        now.checked_add(SignedDuration::from_secs(seconds.unwrap_or_default().into())).ok()
                    }
                },
            };
        Ok(Taken { value, expires_at })
    }

    /// The string at `place`: not empty, one line of text.
    fn checked(&mut self, key: &str, place: &Place) -> Result<Secret, Failure> {
        let string = self.string(key, place)?;
        if string.is_empty() {
            return Err(shape(key, place, "is empty"));
        }
        if string.len() > STRING_MAX {
            return Err(shape(key, place, &format!("is longer than {STRING_MAX} bytes")));
        }
        match string.expose_text() {
            None => Err(shape(key, place, "is not UTF-8")),
            Some(text) if text.chars().any(char::is_control) => {
                Err(shape(key, place, "is not one line of text"))
            }
            Some(_) => Ok(string),
        }
    }

    fn string(&mut self, key: &str, place: &Place) -> Result<Secret, Failure> {
        if let Some(answer) = &place.answer {
            let plain = self.answers.get(answer).map(|text| Secret::from_text(text.clone()));
            let answered = plain.or_else(|| self.secrets.get(answer).map(Secret::duplicate));
            return answered.ok_or_else(|| shape(key, place, "was not asked for"));
        }
        let at: Vec<_> = place.at.iter().map(|step| fill(step, self.answers)).collect();
        let found = if let Some(file) = &place.file {
            let content = self.home.read(Path::new(file)).map_err(|why| {
                Failure::new(format!("the tool's file {file} cannot be used: {why}; nothing was stored"))
                    .hint("if the tool said that all went well, its files are another way round in this version: adapt \
                           the recipe")
            })?;
            extract(&content, place.format, &at)
        } else {
            let command: Vec<_> =
                place.command.iter().flatten().map(|argument| fill(argument, self.answers)).collect();
            if !self.printed.contains_key(&command) {
                let run = Run { command: &command, input: None, output: Output::Taken, limit: self.limit };
                let output = self.tools.run(&run)?;
                self.printed.insert(command.clone(), output);
            }
            self.printed.get(&command).and_then(|content| extract(content, place.format, &at))
        };
        found.ok_or_else(|| shape(key, place, "is not where the recipe says"))
    }
}

fn shape(key: &str, place: &Place, why: &str) -> Failure {
    let source = match (&place.file, &place.command) {
        (Some(file), _) => format!("in the tool's file {file}"),
        (None, Some(command)) => format!("in what `{}` prints", command.join(" ")),
        (None, None) => "among the answers".to_owned(),
    };
    let at = if place.at.is_empty() { String::new() } else { format!(", at {}", place.at.join(" → ")) };
    Failure::new(format!("{key} {why} ({source}{at}); nothing was stored"))
}

/// The string at `at` in `content`; numbers as they are written. What parsers say is dropped, since it may quote.
fn extract(content: &Secret, format: Format, at: &[String]) -> Option<Secret> {
    if format == Format::Text {
        let line = content.expose();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        return Some(Secret::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()));
    }
    let text = content.expose_text()?;
    match format {
        Format::Text => None,
        Format::Json => {
            let mut value = &serde_json::from_str::<serde_json::Value>(text).ok()?;
            for key in at {
                value = value.get(key)?;
            }
            match value {
                serde_json::Value::String(text) => Some(Secret::from_text(text.clone())),
                serde_json::Value::Number(number) => Some(Secret::from_text(number.to_string())),
                _ => None,
            }
        }
        Format::Toml => {
            let (first, rest) = at.split_first()?;
            let table = toml::from_str::<toml::Table>(text).ok()?;
            let mut value = table.get(first)?;
            for key in rest {
                value = value.get(key)?;
            }
            match value {
                toml::Value::String(text) => Some(Secret::from_text(text.clone())),
                toml::Value::Integer(number) => Some(Secret::from_text(number.to_string())),
                toml::Value::Datetime(time) => Some(Secret::from_text(time.to_string())),
                _ => None,
            }
        }
        Format::Ini => ini(text, at),
    }
}

/// The section that stands for "outside of sections"; no tool has one of this name.
const OUTSIDE: &str = "\u{0}";

fn ini(text: &str, at: &[String]) -> Option<Secret> {
    // Keys of npm hold colons, values of all hold # and ;.
    let mut defaults = IniDefault::default();
    OUTSIDE.clone_into(&mut defaults.default_section);
    defaults.delimiters = vec!['='];
    defaults.case_sensitive = true;
    defaults.enable_inline_comments = false;
    let mut parser = Ini::new_from_defaults(defaults);
    let sections = parser.read(text.to_owned()).ok()?;
    let (section, key) = match at {
        [key] => (OUTSIDE, key),
        [section, key] => (section.as_str(), key),
        _ => return None,
    };
    let value = sections.get(section)?.get(key)?.as_deref()?;
    // npm puts quotes around values with special characters.
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    Some(Secret::from_text(value.to_owned()))
}

fn time(text: &str, format: TimeFormat) -> Option<Timestamp> {
    match format {
        TimeFormat::Rfc3339 => text.parse().ok(),
        TimeFormat::UnixSeconds => Timestamp::from_second(text.parse().ok()?).ok(),
        TimeFormat::UnixMilliseconds => Timestamp::from_millisecond(text.parse().ok()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(content: &str, format: Format, at: &[&str]) -> Option<String> {
        let at: Vec<_> = at.iter().map(|step| (*step).to_owned()).collect();
        extract(&Secret::from_text(content.into()), format, &at)
            .map(|secret| secret.expose_text().unwrap().to_owned())
    }

    #[test]
    fn strings_come_out_of_every_format() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(taken("ghp_x\r\n", Format::Text, &[]), some("ghp_x"));
        assert_eq!(taken(r#"{"a":{"b.c/d":"x"},"n":1769}"#, Format::Json, &["a", "b.c/d"]), some("x"));
        assert_eq!(taken(r#"{"n":1769}"#, Format::Json, &["n"]), some("1769"));
        assert_eq!(taken(r#"{"n":{"x":1}}"#, Format::Json, &["n"]), None);
        assert_eq!(taken(r#"{"n":"#, Format::Json, &["n"]), None);
        assert_eq!(taken("[a]\nb = \"x\"\n", Format::Toml, &["a", "b"]), some("x"));
        assert_eq!(
            taken("[a]\nb = 2026-05-31T02:30:00Z\n", Format::Toml, &["a", "b"]),
            some("2026-05-31T02:30:00Z")
        );
        assert_eq!(taken("[a]\n", Format::Toml, &[]), None);
    }

    #[test]
    fn ini_is_read_as_aws_and_npm_write_it() {
        let some = |text: &str| Some(text.to_owned());
        let aws =
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = a/b+c#d;e=f\n[profile x]\nKey=1\n";
        assert_eq!(taken(aws, Format::Ini, &["default", "aws_secret_access_key"]), some("a/b+c#d;e=f"));
        assert_eq!(taken(aws, Format::Ini, &["profile x", "Key"]), some("1"));
        assert_eq!(taken(aws, Format::Ini, &["profile x", "key"]), None);
        let npm = "; a comment\n//localhost:4873/:_authToken=npm_x\nregistry=http://localhost:4873/\n";
        assert_eq!(taken(npm, Format::Ini, &["//localhost:4873/:_authToken"]), some("npm_x"));
        assert_eq!(taken("a=\"q=r\"\n", Format::Ini, &["a"]), some("q=r"));
        assert_eq!(taken("a\n", Format::Ini, &["a"]), None);
    }

    #[test]
    fn times_are_read_in_every_notation() {
        let expected = "2026-05-31T02:30:00Z".parse().ok();
        assert_eq!(time("2026-05-31T04:30:00+02:00", TimeFormat::Rfc3339), expected);
        assert_eq!(time("1780194600", TimeFormat::UnixSeconds), expected);
        assert_eq!(time("1780194600000", TimeFormat::UnixMilliseconds), expected);
        assert_eq!(time("soon", TimeFormat::UnixSeconds), None);
        assert_eq!(time("99999999999999999", TimeFormat::UnixMilliseconds), None);
    }
}
