//! The layer below the rules: size, encoding and TOML itself.

use remo_wire::limits::MANIFEST_MAX;
use toml::Spanned;
use toml::de::DeTable;

use crate::findings::{Finding, Findings, WHOLE_FILE};
use crate::problem::{Problem, Rule};
use crate::quote::bare;

/// A problem if a file of `length` bytes is too long.
pub(crate) fn oversized(length: usize, file: &str) -> Option<Problem> {
    (length > MANIFEST_MAX).then(|| Problem {
        rule: Rule::Size,
        file: file.to_owned(),
        line: 1,
        column: None,
        key: WHOLE_FILE.to_owned(),
        message: format!("the file has {length} bytes; a manifest has at most {MANIFEST_MAX}"),
        remedy: "keep names and templates in the manifest, and everything else out of it".to_owned(),
    })
}

/// The problem of a file that is UTF-8 only up to the byte at `valid`.
pub(crate) fn not_text(bytes: &[u8], valid: usize, file: &str) -> Problem {
    let before = bytes.get(..valid).unwrap_or(bytes);
    let newlines = before.split(|byte| *byte == b'\n').count();
    Problem {
        rule: Rule::Encoding,
        file: file.to_owned(),
        line: u32::try_from(newlines).unwrap_or(u32::MAX),
        column: None,
        key: WHOLE_FILE.to_owned(),
        message: "the file is not UTF-8 text".to_owned(),
        remedy: "save the file as UTF-8; keep binary values in the vault".to_owned(),
    }
}

/// Reads as much TOML as can be understood, with everything that cannot.
pub(crate) fn read(source: &str) -> (Spanned<DeTable<'_>>, Findings) {
    let (document, errors) = DeTable::parse_recoverable(source);
    let mut found = Findings::default();
    for error in errors {
        let offset = error.span().map_or(source.len(), |span| span.start).min(source.len());
        let duplicate = error.message().starts_with("duplicate key");
        found.add(Finding {
            rule: if duplicate { Rule::DuplicateKey } else { Rule::Syntax },
            offset,
            key: key_near(source, offset),
            message: bare(error.message()),
            remedy: String::new(),
        });
    }
    (document, found)
}

fn key_near(_source: &str, _offset: usize) -> String {
    WHOLE_FILE.to_owned()
}
