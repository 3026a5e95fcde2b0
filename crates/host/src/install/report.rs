//! What was changed, line by line while it happens, or as JSON at the end.

use serde::Serialize;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

/// What was done, or would be.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Each change in words, in the order in which it was made.
    changes: Vec<String>,
    /// What was left, and why.
    kept: Vec<String>,
    /// Whether nothing was changed because that was asked for.
    dry_run: bool,
    #[serde(skip)]
    json: bool,
}

impl Report {
    /// A report that shows itself while it grows, unless it is wanted as JSON.
    pub fn new(dry_run: bool, json: bool) -> Self {
        Self { dry_run, json, ..Self::default() }
    }

    /// Notes a change.
    pub fn changed(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.json {
            output::note(&format!("{}{what}", if self.dry_run { "would: " } else { "" }));
        }
        self.changes.push(what);
    }

    /// Notes something that is left as it is.
    pub fn kept(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.json {
            output::note(&format!("kept: {what}"));
        }
        self.kept.push(what);
    }

    /// Takes over what another run of this program reported as JSON.
    pub fn take_over(&mut self, text: &str) -> Result<(), Failure> {
        #[derive(serde::Deserialize)]
        struct Other {
            changes: Vec<String>,
            kept: Vec<String>,
        }
        let other: Other = serde_json::from_str(text).map_err(|error| {
            Failure::new(format!("a part of this program reported nothing useful: {error}"))
        })?;
        other.changes.into_iter().for_each(|change| self.changed(change));
        other.kept.into_iter().for_each(|kept| self.kept(kept));
        Ok(())
    }

    /// Whether there was nothing to change.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    /// The last word.
    pub fn finish(&self) -> Result<ExitStatus, Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))?;
            output::data(&format!("{text}\n"))?;
        } else if self.is_unchanged() {
            output::note("nothing to change");
        }
        Ok(ExitStatus::Success)
    }
}
