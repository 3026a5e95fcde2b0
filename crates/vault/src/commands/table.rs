//! What may be shown of a secret, and the table that shows it.

use remo_wire::admin::PushedSecret;
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;
use serde::Serialize;

use crate::source::Entry;

/// A secret without its value.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    pub(super) name: &'a SecretName,
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<&'a FieldName>,
    /// RFC 3339, UTC.
    pub(super) changed_at: Option<String>,
}

impl<'a> Row<'a> {
    pub(super) fn new(name: &'a SecretName, entry: &'a Entry) -> Self {
        let (kind, fields) = match &entry.value {
            PushedSecret::Scalar(_) => (Kind::Scalar, Vec::new()),
            PushedSecret::Bundle(fields) => (Kind::Bundle, fields.keys().collect()),
        };
        Self { name, kind, fields, changed_at: entry.changed_at.map(|time| format!("{time:.0}")) }
    }

    /// Field names with commas, or a dash.
    pub(super) fn fields_text(&self) -> String {
        if self.fields.is_empty() {
            return "-".to_owned();
        }
        self.fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The time of the last change, or a dash.
    pub(super) fn changed_text(&self) -> &str {
        self.changed_at.as_deref().unwrap_or("-")
    }
}

/// The rows below a heading, columns aligned, each line ended.
pub(super) fn render(rows: &[Row<'_>]) -> String {
    let name_width = rows.iter().map(|row| row.name.as_str().len()).max().unwrap_or(0).max("NAME".len());
    let line = |name: &str, kind: &str, changed: &str, fields: &str| {
        format!("{name:name_width$}  {kind:6}  {changed:20}  {fields}\n")
    };
    let mut table = line("NAME", "KIND", "CHANGED", "FIELDS");
    for row in rows {
        table += &line(row.name.as_str(), &row.kind.to_string(), row.changed_text(), &row.fields_text());
    }
    table
}
