//! What a judgement comes to: what is never done, and what a person has to approve first.

use std::fmt::{self, Write as _};

/// Something that a person may approve, with the exact text that is pinned for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// One line, the same for the same thing wherever it is asked for: its digest is what is pinned.
    pub text: String,
    /// What it means, for the person who approves it.
    pub words: String,
}

impl Grant {
    /// A grant of a kind with its fields. Values are quoted as JSON, so that no value can look like a field.
    pub fn new(kind: &str, fields: &[(&str, &str)], words: impl Into<String>) -> Self {
        let mut text = kind.to_owned();
        for (name, value) in fields {
            // Writing to a string does not fail.
            let _ = write!(text, " {name}={}", serde_json::Value::from(*value));
        }
        Self { text, words: printable(&words.into()) }
    }
}

/// One finding with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Not done, whatever is approved.
    Never {
        /// What is wrong with it, in words.
        what: String,
        /// The option, key or file that asks for it.
        origin: String,
    },
    /// Done once it is approved.
    Wanted {
        /// What has to be approved.
        grant: Grant,
        /// The option, key or file that asks for it.
        origin: String,
    },
}

impl Finding {
    /// Something that is never done.
    pub fn never(what: impl Into<String>, origin: impl Into<String>) -> Self {
        Self::Never { what: what.into(), origin: origin.into() }
    }

    /// Something that has to be approved.
    pub fn wanted(grant: Grant, origin: impl Into<String>) -> Self {
        Self::Wanted { grant, origin: origin.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never { what, origin } => {
                write!(formatter, "refused: {} ({})", printable(what), printable(origin))
            }
            Self::Wanted { grant, origin } => {
                write!(formatter, "needs approval: {} ({})", printable(&grant.words), printable(origin))
            }
        }
    }
}

/// The text with everything escaped that could move a terminal's cursor or break the line.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// All findings about one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// In the order in which they were met.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Adds something that is never done.
    pub fn never(&mut self, what: impl Into<String>, origin: &str) {
        self.add(Finding::never(what, origin));
    }

    /// Adds something that has to be approved.
    pub fn wanted(&mut self, grant: Grant, origin: &str) {
        self.add(Finding::wanted(grant, origin));
    }

    fn add(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Adds the findings of another judgement.
    pub fn join(&mut self, other: Self) {
        for finding in other.findings {
            self.add(finding);
        }
    }

    /// Everything that an approval would change.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::Wanted { grant, .. } => Some(grant),
            Finding::Never { .. } => None,
        })
    }

    /// What still stands in the way when the grants that `approved` knows are left out.
    #[must_use]
    pub fn against(&self, approved: impl Fn(&Grant) -> bool) -> Self {
        let stands = |finding: &&Finding| match finding {
            Finding::Wanted { grant, .. } => !approved(grant),
            Finding::Never { .. } => true,
        };
        Self { findings: self.findings.iter().filter(stands).cloned().collect() }
    }

    /// Whether nothing was found.
    pub fn is_clear(&self) -> bool {
        self.findings.is_empty()
    }
}
