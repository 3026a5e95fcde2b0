//! Typed access to TOML tables that reports what does not fit, and goes on.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::findings::{Finding, Findings};
use crate::problem::Rule;
use crate::quote::{key_part, quote};

/// One key with its value, and where it stands.
#[derive(Clone)]
pub(crate) struct Entry<'t> {
    /// Dotted path of the key.
    pub(crate) path: String,
    /// The last part of the path.
    pub(crate) name: &'t str,
    /// Byte offset of the key.
    pub(crate) offset: usize,
    pub(crate) value: &'t Spanned<DeValue<'t>>,
}

/// A table with its path.
#[derive(Clone)]
pub(crate) struct Section<'t> {
    pub(crate) path: String,
    /// Byte offset of the key that names the table; 0 for the file as a whole.
    pub(crate) offset: usize,
    pub(crate) table: &'t DeTable<'t>,
}

impl<'t> Section<'t> {
    /// All entries, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<Entry<'t>> {
        let mut entries: Vec<_> = self.table.iter().map(|(key, value)| self.entry(key, value)).collect();
        entries.sort_by_key(|entry| entry.offset);
        entries
    }

    pub(crate) fn get(&self, name: &str) -> Option<Entry<'t>> {
        let (key, value) = self.table.get_key_value(name)?;
        Some(self.entry(key, value))
    }

    fn entry(&self, key: &'t Spanned<toml::de::DeString<'t>>, value: &'t Spanned<DeValue<'t>>) -> Entry<'t> {
        let name: &'t str = key.get_ref();
        let path =
            if self.path.is_empty() { key_part(name) } else { format!("{}.{}", self.path, key_part(name)) };
        Entry { path, name, offset: key.span().start, value }
    }
}

/// The source and what was found in it.
pub(crate) struct Reader<'f> {
    pub(crate) source: &'f str,
    found: &'f mut Findings,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(source: &'f str, found: &'f mut Findings) -> Self {
        Self { source, found }
    }

    pub(crate) fn report(
        &mut self,
        rule: Rule,
        (offset, key): (usize, &str),
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.found.add(Finding {
            rule,
            offset,
            key: key.to_owned(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Reports every key of `section` that is not in `known`.
    pub(crate) fn only(&mut self, section: &Section<'_>, known: &[&str]) {
        for entry in section.entries() {
            if !known.contains(&entry.name) {
                let kind = if entry.value.get_ref().is_table() { "table" } else { "key" };
                self.report(
                    Rule::UnknownKey,
                    (entry.offset, &entry.path),
                    format!("unknown {kind} {}", quote(entry.name)),
                    format!("remove it, or use one of: {}", known.join(", ")),
                );
            }
        }
    }

    pub(crate) fn text<'t>(&mut self, entry: &Entry<'t>, example: &str) -> Option<&'t str> {
        self.typed(entry, entry.value.get_ref().as_str(), "a string in quotes", example)
    }

    pub(crate) fn boolean(&mut self, entry: &Entry<'_>, example: &str) -> Option<bool> {
        self.typed(entry, entry.value.get_ref().as_bool(), "true or false, without quotes", example)
    }

    /// A whole number; one that does not fit 64 bits is as good as the nearest that does.
    pub(crate) fn integer(&mut self, entry: &Entry<'_>, example: &str) -> Option<i64> {
        let number = entry.value.get_ref().as_integer().map(|integer| {
            let beyond = if integer.as_str().starts_with('-') { i64::MIN } else { i64::MAX };
            i64::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(beyond)
        });
        self.typed(entry, number, "a whole number, without quotes", example)
    }

    pub(crate) fn section<'t>(&mut self, entry: &Entry<'t>, example: &str) -> Option<Section<'t>> {
        let table = self.typed(entry, entry.value.get_ref().as_table(), "a table", example)?;
        Some(Section { path: entry.path.clone(), offset: entry.offset, table })
    }

    fn typed<T>(&mut self, entry: &Entry<'_>, value: Option<T>, wanted: &str, example: &str) -> Option<T> {
        if value.is_none() {
            let actual = match entry.value.get_ref() {
                DeValue::Integer(_) => "an integer".to_owned(),
                DeValue::Array(_) => "an array".to_owned(),
                other => format!("a {}", other.type_str()),
            };
            self.report(
                Rule::WrongType,
                (entry.offset, &entry.path),
                format!("this must be {wanted}; here it is {actual}"),
                format!("write for example: {example}"),
            );
        }
        value
    }
}
