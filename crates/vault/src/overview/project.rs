//! What is shown of a project.

use remo_wire::admin::ManifestState;
use remo_wire::names::{ProjectName, SecretName};
use serde::Serialize;

use super::binding::{BindingCheck, Outcome, check};
use super::facts::{BrokerAnswers, Facts};

/// A project that is registered at the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectView {
    /// Its name.
    pub name: ProjectName,
    /// How its manifest file compares with the pin.
    pub manifest: ManifestState,
    /// Whether anything of it is approved; `None` when the broker did not say.
    pub approved: Option<bool>,
    /// SHA-256 of the file that was compared; empty when there is none or the broker did not say.
    pub sha256: String,
    /// What approving the file would add or change, in words.
    pub added: Vec<String>,
    /// What approving the file would remove, in words.
    pub removed: Vec<String>,
    /// Why the file is missing or invalid, or why the broker did not say.
    pub problems: Vec<String>,
    /// Every binding of pin and file, sorted by secret.
    pub bindings: Vec<BindingCheck>,
    /// Secrets that the pin requires and the broker lacks.
    pub missing_required: Vec<SecretName>,
    /// Secrets that the pin requires and that do not fit where they go.
    pub unfit_required: Vec<SecretName>,
}

impl ProjectView {
    /// Whether approving the file would change anything but its text.
    pub fn has_difference(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }

    /// Whether a start gets every required secret, and the file asks for no other required one.
    pub fn passes(&self) -> bool {
        matches!(self.manifest, ManifestState::Pinned | ManifestState::Changed)
            && self.approved == Some(true)
            && !self.bindings.iter().any(BindingCheck::fails)
    }
}

pub(super) fn all(facts: &Facts) -> Vec<ProjectView> {
    let Ok(broker) = &facts.broker else { return Vec::new() };
    broker.status.projects.iter().map(|project| view(&project.name, project.manifest, broker)).collect()
}

fn view(name: &ProjectName, state: ManifestState, broker: &BrokerAnswers) -> ProjectView {
    let mut view = ProjectView {
        name: name.clone(),
        manifest: state,
        approved: None,
        sha256: String::new(),
        added: Vec::new(),
        removed: Vec::new(),
        problems: Vec::new(),
        bindings: Vec::new(),
        missing_required: Vec::new(),
        unfit_required: Vec::new(),
    };
    match broker.manifests.get(name) {
        Some(Ok(manifest)) => {
            view.manifest = manifest.state;
            view.approved = Some(manifest.pinned.is_some());
            view.sha256.clone_from(&manifest.sha256);
            view.added.clone_from(&manifest.added);
            view.removed.clone_from(&manifest.removed);
            view.problems.clone_from(&manifest.problems);
            view.bindings = check(name.as_str(), manifest, &broker.secrets);
            let pin = manifest.pinned.as_ref();
            let required = |check: &&BindingCheck| {
                pin.and_then(|pin| pin.bindings.get(&check.secret)).is_some_and(|binding| binding.required)
            };
            let of = |outcome: Outcome| {
                let checks = view.bindings.iter().filter(required);
                checks.filter(|check| check.outcome == outcome).map(|check| check.secret.clone()).collect()
            };
            (view.missing_required, view.unfit_required) = (of(Outcome::Missing), of(Outcome::Unfit));
        }
        Some(Err(trouble)) => view.problems = vec![trouble.problem.clone()],
        None => {}
    }
    view
}
