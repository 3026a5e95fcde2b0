//! Steps that need a yes. The default is no.

use remo_wire::admin::{ManifestResponse, ManifestState};
use remo_wire::names::{ProjectName, SecretName};

use super::super::text::wrapped;
use super::super::view::dialog_room;
use super::dialog::Trouble;

/// A question, and the step that a yes leads to.
#[derive(Debug)]
pub struct Question {
    /// What it is about, in a few words.
    pub title: String,
    /// What a yes does, in one word or two.
    pub yes: &'static str,
    /// The first line that is shown.
    pub top: usize,
    /// Whether the last line has been on the screen; nothing is answered unread.
    pub seen: bool,
    /// The step.
    pub step: Step,
    paragraphs: Vec<String>,
}

/// What a yes leads to.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the step is done to")]
pub enum Step {
    /// Remove a secret from the store.
    Remove(SecretName),
    /// Ask for another value of a secret that has one.
    Replace(SecretName),
    /// Push although the broker was cleared on purpose, at this generation.
    Push { generation: u64 },
    /// Approve exactly the manifest that was shown.
    Approve { project: ProjectName, sha256: String },
}

impl Question {
    fn new(title: String, yes: &'static str, step: Step, paragraphs: Vec<String>) -> Self {
        Self { title, yes, top: 0, seen: false, step, paragraphs }
    }

    /// Whether to remove `name`.
    pub(super) fn remove(name: SecretName) -> Self {
        let paragraphs = vec![
            format!("Removes {name} from the store. The watcher then takes it away from the broker, and projects get it no more."),
            "A credential that leaked has to be revoked where it was issued: to remove it here does not end it.".to_owned(),
            "The version of the store before this change is kept beside it, encrypted, until the next change.".to_owned(),
        ];
        Self::new(format!("Remove {name}?"), "remove", Step::Remove(name), paragraphs)
    }

    /// Whether to replace what is stored under `name`.
    pub(super) fn replace(name: SecretName) -> Self {
        let paragraphs = vec![format!(
            "The store has, or may have, a value under {name}. The next step asks for a new one, which takes its place."
        )];
        Self::new(format!("Replace {name}?"), "replace", Step::Replace(name), paragraphs)
    }

    /// Whether to undo a clear.
    pub(super) fn push_after_clear(generation: u64) -> Self {
        let paragraphs = vec![
            "The broker was cleared on purpose and vends nothing. A push hands everything in the store to it again."
                .to_owned(),
        ];
        Self::new("Undo the clear?".to_owned(), "push", Step::Push { generation }, paragraphs)
    }

    /// Whether to approve what `manifest` says that the file asks for. Where there is nothing to approve: a note when
    /// all is well, otherwise the trouble.
    pub(super) fn approve(
        project: &ProjectName,
        manifest: &ManifestResponse,
    ) -> Result<Self, Result<String, Trouble>> {
        match manifest.state {
            ManifestState::Pinned => {
                return Err(Ok(format!("{project} asks for what is approved; nothing to do")));
            }
            ManifestState::Missing | ManifestState::Invalid => {
                let problems = manifest.problems.join("; ");
                return Err(Err(Trouble::new(
                    format!("the manifest of {project} is {}: {problems}", manifest.state),
                    Some(
                        "mend .remo/manifest.toml in the project; what was approved stays in force"
                            .to_owned(),
                    ),
                )));
            }
            ManifestState::Unapproved | ManifestState::Changed => {}
        }
        let mut paragraphs = vec![match manifest.state {
            ManifestState::Unapproved => {
                format!("Nothing of {project} was approved yet. Its manifest asks for:")
            }
            _ => format!("The manifest of {project} differs from what was approved:"),
        }];
        paragraphs.extend(manifest.added.iter().map(|line| format!("+ {line}")));
        paragraphs.extend(manifest.removed.iter().map(|line| format!("- {line}")));
        if manifest.added.is_empty() && manifest.removed.is_empty() {
            paragraphs.push("in nothing that changes what it gets".to_owned());
        }
        paragraphs.push(format!("Approves exactly this file, sha256 {}.", manifest.sha256));
        let step = Step::Approve { project: project.clone(), sha256: manifest.sha256.clone() };
        Ok(Self::new(format!("Approve {project}?"), "approve", step, paragraphs))
    }

    /// Its text in lines of at most `width` columns. What belongs to one paragraph is indented, so that no text in
    /// it can look like the next one.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in &self.paragraphs {
            for (index, line) in wrapped(paragraph, width.saturating_sub(2)).into_iter().enumerate() {
                lines.push(if index == 0 { line } else { format!("  {line}") });
            }
        }
        lines
    }

    /// Notes whether the last line is on a screen of `size`.
    pub(super) fn look(&mut self, size: (u16, u16)) {
        let (width, height) = dialog_room(size);
        let count = self.lines(width).len();
        self.top = self.top.min(count.saturating_sub(height));
        self.seen |= self.top + height >= count && height > 0;
    }

    /// A step that needs no further question.
    pub(super) fn into_step(self) -> Step {
        self.step
    }
}
