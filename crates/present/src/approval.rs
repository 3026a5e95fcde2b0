//! The difference between file and pin, in words that a person can decide by.
//!
//! It is computed here, from the two manifests as data and by the same code as in the broker: what is shown does not
//! depend on sentences of somebody else.

use std::num::NonZeroUsize;

use remo_manifest::{difference, helper};
use remo_wire::admin::{ManifestResponse, ManifestState, ManifestSummary};
use remo_wire::binding::{Binding, EnvTarget, FileTarget, Target};
use remo_wire::names::{FieldName, ProjectName, SecretName};

use crate::shown;
use crate::table::wrapped;

/// What is shown about one manifest.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    name: &'a ProjectName,
    manifest: &'a ManifestResponse,
    command: &'a str,
}

impl<'a> Shown<'a> {
    /// About the manifest of the project `name`; `command` is what a person types, before the name, to see it again.
    pub fn new(name: &'a ProjectName, manifest: &'a ManifestResponse, command: &'a str) -> Self {
        Self { name, manifest, command }
    }

    /// Everything that an approval would change, never shortened.
    pub fn text(&self, width: Option<NonZeroUsize>) -> String {
        let name = self.name;
        let mut text = wrapped("", &self.heading(), width);
        for line in self.manifest.problems.iter().flat_map(|problem| problem.lines()) {
            text += &match line.strip_prefix("hint: ") {
                Some(hint) => wrapped("    > ", hint, width),
                None => wrapped("  - ", line, width),
            };
        }
        let Some(file) = &self.manifest.file else {
            let next = match self.manifest.state {
                ManifestState::Missing => "write .remo/manifest.toml in the project",
                _ => "correct the file",
            };
            return text + &wrapped("  > ", &format!("{next}, then: {} {name}", self.command), width);
        };
        if self.manifest.state == ManifestState::Pinned {
            return text;
        }
        text += &changes(self.manifest.pinned.as_ref(), file, width);
        text + &consequences(name, self.manifest.pinned.as_ref(), file, width)
    }

    fn heading(&self) -> String {
        let name = self.name;
        let approved = self.manifest.pinned.is_some();
        match self.manifest.state {
            ManifestState::Pinned => {
                format!("{name}: nothing to approve; the manifest is exactly what you approved.")
            }
            ManifestState::Unapproved => format!("{name}: nothing is approved yet. The manifest asks for:"),
            ManifestState::Changed => format!("{name}: the manifest is another than you approved."),
            ManifestState::Missing if approved => {
                format!("{name}: the manifest is missing; what you approved stays in force.")
            }
            ManifestState::Missing => {
                format!("{name}: the manifest is missing, so there is nothing to approve.")
            }
            ManifestState::Invalid if approved => {
                format!("{name}: the manifest cannot be used; what you approved stays in force.")
            }
            ManifestState::Invalid => format!("{name}: the manifest cannot be used."),
        }
    }
}

/// Every change, one a line.
fn changes(pinned: Option<&ManifestSummary>, file: &ManifestSummary, width: Option<NonZeroUsize>) -> String {
    let difference = difference(pinned, file);
    if difference.is_empty() {
        return wrapped(
            "",
            "It asks for the same; only its text is another (blanks, comments, order).",
            width,
        );
    }
    let is_new = |phrase: &str| {
        phrase
            .split_once(':')
            .is_some_and(|(secret, _)| difference.added_names.iter().any(|name| name.as_str() == secret))
    };
    let mut text = String::new();
    for phrase in &difference.added {
        text += &wrapped(if is_new(phrase) { "  + " } else { "  ~ " }, phrase, width);
    }
    for phrase in &difference.removed {
        text += &wrapped("  - ", phrase, width);
    }
    text
}

/// What approving means, for each secret that is new or goes to another place.
fn consequences(
    name: &ProjectName,
    pinned: Option<&ManifestSummary>,
    file: &ManifestSummary,
    width: Option<NonZeroUsize>,
) -> String {
    let before = |secret: &SecretName| pinned.and_then(|pinned| pinned.bindings.get(secret));
    let moved: Vec<(&SecretName, &Binding, bool)> = file
        .bindings
        .iter()
        .filter(|(secret, binding)| before(secret).is_none_or(|before| before.target != binding.target))
        .map(|(secret, binding)| (secret, binding, before(secret).is_none()))
        .collect();
    if moved.is_empty() {
        return String::new();
    }
    let mut text =
        wrapped("", &format!("If you approve, everything that runs in the containers of {name} can"), width);
    for (secret, binding, is_new) in moved {
        let read = if is_new { "read the secret" } else { "still read the secret" };
        text += &wrapped("  ", &format!("{read} {secret} {}", reached(&binding.target)), width);
    }
    text
}

/// By what a program reads a value.
fn reached(target: &Target) -> String {
    match target {
        Target::Env(EnvTarget::Variable { env_var }) => {
            format!("in the environment variable {env_var}")
        }
        Target::Env(EnvTarget::Fields { fields }) => {
            let pair = |(variable, field): (&String, &FieldName)| format!("{variable} (its field {field})");
            let pairs = fields.iter().map(pair).collect::<Vec<_>>().join(", ");
            format!("in the environment variable{} {pairs}", if fields.len() == 1 { "" } else { "s" })
        }
        Target::File(FileTarget { file_path, file_mode, .. }) => {
            format!("in the file {} (mode {file_mode})", shown::path(file_path))
        }
        // What is approved is more than reading: a tool sends it away by itself.
        Target::Helper(target) => {
            format!("and use it as {} ({})", helper::purpose(target), helper::parts(target))
        }
    }
}
