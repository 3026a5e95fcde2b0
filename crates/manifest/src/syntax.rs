//! The layer below the rules: size, encoding and TOML itself.

use remo_wire::limits::MANIFEST_MAX;
use toml::Spanned;
use toml::de::DeTable;

use crate::findings::{Finding, Findings, WHOLE_FILE};
use crate::problem::{Problem, Rule};
use crate::quote::{bare, key_part, quote};

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
    let keys = if errors.is_empty() { Keys::default() } else { Keys::of(document.get_ref()) };
    // What concerns the end of the file is shown on the last line that has something on it.
    let end = source.trim_end().len();
    for error in errors.into_iter().take(ERRORS_MAX) {
        let span = error.span().unwrap_or(source.len()..source.len());
        let offset = span.start.min(end);
        let (rule, message, remedy) = words(error.message());
        let name = source.get(span).unwrap_or_default();
        let (message, key) = match rule {
            Rule::DuplicateKey => (format!("{} {message}", quote(name)), keys.of_name(name, offset)),
            _ => (message, keys.near(source, offset)),
        };
        found.add(Finding { rule, offset, key, message, remedy: remedy.to_owned() });
    }
    (document, found)
}

/// How many errors of the TOML parser are looked at. Each costs a walk along its line, and a hostile file has
/// one at every byte.
const ERRORS_MAX: usize = 500;

/// What the TOML parser says, in words for somebody who does not know TOML by heart.
fn words(message: &str) -> (Rule, String, &'static str) {
    if message == "duplicate key" {
        let remedy = "keep one of the two, with all that belongs to it";
        return (Rule::DuplicateKey, "is already defined above".to_owned(), remedy);
    }
    if message.starts_with("string values must be quoted") {
        let remedy = "write texts in quotes, for example env_var = \"GH_TOKEN\"";
        return (
            Rule::Syntax,
            "not valid TOML: a value is missing or stands without quotes".to_owned(),
            remedy,
        );
    }
    if message.contains("recurs") {
        let remedy = "write at most [secrets.NAME.fields]; a manifest needs no deeper level";
        return (Rule::Syntax, "not valid TOML: nested too deeply".to_owned(), remedy);
    }
    let remedy = "write key = \"text\", key = 1 or key = true, and [table] on a line of its own";
    (Rule::Syntax, format!("not valid TOML: {}", bare(message)), remedy)
}

/// The keys that were understood, to name the one that an error is next to.
#[derive(Default)]
struct Keys(Vec<(usize, String)>);

impl Keys {
    fn of(document: &DeTable<'_>) -> Self {
        let mut keys = Vec::new();
        let mut open = vec![(String::new(), document)];
        while let Some((path, table)) = open.pop() {
            for (key, value) in table {
                let name = key_part(key.get_ref());
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                // A path this deep names nothing of a manifest, and paths of paths would add up.
                if let (Some(table), true) = (value.get_ref().as_table(), path.len() < PATH_SHOWN_MAX) {
                    open.push((path.clone(), table));
                }
                keys.push((key.span().start, path));
            }
        }
        keys.sort_unstable();
        Self(keys)
    }

    /// The last key before `offset` that ends in `name`.
    fn of_name(&self, name: &str, offset: usize) -> String {
        let ends =
            |path: &str| path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let before = self.0.iter().rev().filter(|(at, path)| *at <= offset && ends(path));
        before.map(|(_, path)| path.clone()).next().unwrap_or_else(|| WHOLE_FILE.to_owned())
    }

    /// The last key before `offset`, if it is on the same line.
    fn near(&self, source: &str, offset: usize) -> String {
        let before = self.0.partition_point(|(at, _)| *at <= offset);
        let nearest = before.checked_sub(1).and_then(|index| self.0.get(index));
        let same_line = |at: usize| source.get(at..offset).is_some_and(|between| !between.contains('\n'));
        match nearest {
            Some((at, path)) if same_line(*at) => path.clone(),
            _ => WHOLE_FILE.to_owned(),
        }
    }
}

/// The longest path of a key that is followed further, in bytes.
const PATH_SHOWN_MAX: usize = 512;
