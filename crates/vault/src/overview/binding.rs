//! What would become of one secret at the start of a project: judged from names, without a value.

use std::collections::BTreeSet;

use remo_manifest::template::Template;
use remo_manifest::{environment, helper, mode, placement};
use remo_wire::admin::{ListedSecret, ManifestResponse};
use remo_wire::binding::{Binding, EnvTarget, FileTarget, Target};
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;
use serde::Serialize;

use crate::shown::{self, escaped};

/// Whether somebody approved a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// As the file has it, or the file cannot be read.
    Approved,
    /// Only the file has it: nothing of it is in force.
    Pending,
    /// The file has it in another form than was approved; the approved form is in force.
    Changed,
    /// Only the pin has it: in force until the file is approved.
    Withdrawn,
}

/// What would happen at a start of the project, as far as names and kinds tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It would be injected.
    Injected,
    /// It is not approved, so it would be denied.
    NotApproved,
    /// The broker does not have it.
    Missing,
    /// The broker has it, but it does not fit where it goes.
    Unfit,
}

/// One binding of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BindingCheck {
    /// The secret.
    pub secret: SecretName,
    /// Whether a start without it fails.
    pub required: bool,
    /// Whether somebody approved it.
    pub approval: Approval,
    /// Whether the broker has it.
    pub in_broker: bool,
    /// Whether the broker has it, but it does not fit where it goes.
    pub unfit: bool,
    /// Where it goes, in words: `variable GH_TOKEN`, `file ~/.netrc (mode 0600)`.
    pub goes_to: String,
    /// What would happen.
    pub outcome: Outcome,
    /// Why it would not be injected, or why it does not fit.
    pub problem: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl BindingCheck {
    /// Whether the project cannot count on a secret that it requires: it would not be injected, or not as the file
    /// asks for it.
    pub fn fails(&self) -> bool {
        let as_asked = matches!(self.approval, Approval::Approved | Approval::Withdrawn);
        self.required && (self.outcome != Outcome::Injected || !as_asked)
    }
}

/// Checks every binding of the pin and of the file of a project against what the broker has.
pub(super) fn check(project: &str, manifest: &ManifestResponse, held: &[ListedSecret]) -> Vec<BindingCheck> {
    let bindings = |summary: &'_ Option<remo_wire::admin::ManifestSummary>| {
        summary.as_ref().map(|summary| summary.bindings.clone()).unwrap_or_default()
    };
    let (pinned, asked) = (bindings(&manifest.pinned), bindings(&manifest.file));
    let names: BTreeSet<&SecretName> = pinned.keys().chain(asked.keys()).collect();
    let check = |name: &SecretName| {
        let approval = match (pinned.get(name), asked.get(name)) {
            (Some(pin), Some(file)) if pin != file => Approval::Changed,
            (Some(_), None) if manifest.file.is_some() => Approval::Withdrawn,
            (Some(_), _) => Approval::Approved,
            (None, _) => Approval::Pending,
        };
        let binding = pinned.get(name).or(asked.get(name))?;
        let required = binding.required || asked.get(name).is_some_and(|binding| binding.required);
        let listed = held.iter().find(|secret| secret.name == *name);
        Some(judge(project, name, binding, required, approval, listed))
    };
    names.into_iter().filter_map(check).collect()
}

fn judge(
    project: &str,
    name: &SecretName,
    binding: &Binding,
    required: bool,
    approval: Approval,
    listed: Option<&ListedSecret>,
) -> BindingCheck {
    let unfit = listed.and_then(|listed| fit(name, &binding.target, listed).err());
    let is_unfit = unfit.is_some();
    let (outcome, problem, hint) = match (approval, listed, unfit) {
        (_, _, Some(Unfit { problem, hint })) => {
            let outcome = if approval == Approval::Pending { Outcome::NotApproved } else { Outcome::Unfit };
            (outcome, Some(problem), Some(hint))
        }
        (Approval::Pending, _, None) => (
            Outcome::NotApproved,
            Some("is not approved".to_owned()),
            Some(format!("see what it asks for, and approve it: remo-reload {project}")),
        ),
        (_, None, None) => (
            Outcome::Missing,
            Some("is not in the broker".to_owned()),
            Some(format!("store it: remo-vault set {name}, or push what is stored: remo-vault push")),
        ),
        (Approval::Changed, Some(_), None) => (
            Outcome::Injected,
            Some("is asked for in another way than you approved; what you approved is in force".to_owned()),
            Some(format!("see the difference, and approve it if you want it: remo-reload {project}")),
        ),
        (_, Some(_), None) => (Outcome::Injected, None, None),
    };
    BindingCheck {
        secret: name.clone(),
        required,
        approval,
        in_broker: listed.is_some(),
        unfit: is_unfit,
        goes_to: goes_to(&binding.target),
        outcome,
        problem,
        hint,
    }
}

/// Where a value goes, in words.
fn goes_to(target: &Target) -> String {
    match target {
        Target::Env(EnvTarget::Variable { env_var }) => format!("variable {}", escaped(env_var)),
        Target::Env(EnvTarget::Fields { fields }) => {
            let pair = |(variable, field): (&String, &FieldName)| format!("{} = {field}", escaped(variable));
            format!("variables {}", fields.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Target::File(FileTarget { file_path, file_mode, template }) => {
            let template = if template.is_some() { ", by a template" } else { "" };
            format!("file {} (mode {}{template})", shown::path(file_path), escaped(file_mode))
        }
        Target::Helper(target) => {
            format!("{} ({})", escaped(&helper::purpose(target)), escaped(&helper::parts(target)))
        }
    }
}

struct Unfit {
    problem: String,
    hint: String,
}

/// Whether a secret of this kind and with these fields fits where it goes, in the words of the project side.
fn fit(name: &SecretName, target: &Target, listed: &ListedSecret) -> Result<(), Unfit> {
    allowed(name, target)?;
    let unfit = |problem: String, hint: String| Err(Unfit { problem, hint });
    match (target, listed.kind) {
        (Target::Env(EnvTarget::Variable { env_var }), Kind::Bundle) => unfit(
            format!("is a bundle, which {env_var} cannot hold as a whole"),
            format!(
                "name the field in .remo/manifest.toml: [secrets.{name}] fields = {{ {env_var} = \"{}\" }}",
                listed.fields.first().map_or("…", FieldName::as_str)
            ),
        ),
        (Target::Env(EnvTarget::Fields { .. }), Kind::Scalar) => unfit(
            "is one value, but the manifest names fields".to_owned(),
            format!(
                "in .remo/manifest.toml, replace fields by env_var = \"…\" in [secrets.{name}], or store a bundle"
            ),
        ),
        (Target::Env(EnvTarget::Fields { fields }), Kind::Bundle) => {
            match fields.iter().find(|(_, field)| !listed.fields.contains(*field)) {
                Some((variable, field)) => unfit(
                    format!("the bundle has no field {field}, which {variable} is to hold"),
                    format!(
                        "correct fields of [secrets.{name}] in .remo/manifest.toml, or add the field in the vault"
                    ),
                ),
                None => Ok(()),
            }
        }
        (Target::File(FileTarget { template: Some(template), .. }), kind) => {
            let fields: Vec<&str> = listed.fields.iter().map(FieldName::as_str).collect();
            let template = Template::compile(template)
                .map_err(|problem| Unfit { problem: problem.message, hint: problem.remedy })?;
            template.resolves(name, kind, &fields).map_err(|problem| Unfit {
                problem: format!("the template does not fit: {}", problem.message),
                hint: problem.remedy,
            })
        }
        (Target::Helper(target), _) => {
            let fields: Vec<&str> = listed.fields.iter().map(FieldName::as_str).collect();
            helper::fits(name, target, listed.kind, &fields)
                .map_err(|unfit| Unfit { problem: unfit.problem, hint: unfit.hint })
        }
        (Target::Env(EnvTarget::Variable { .. }), Kind::Scalar) | (Target::File(_), _) => Ok(()),
    }
}

/// A pin of an earlier release may hold what this one refuses.
fn allowed(name: &SecretName, target: &Target) -> Result<(), Unfit> {
    let refused = |what: &str, why: &dyn std::fmt::Display| Unfit {
        problem: format!("the pin is refused: {} {why}", escaped(what)),
        hint: format!("change [secrets.{name}] in .remo/manifest.toml, then approve it with remo-reload"),
    };
    let variable =
        |variable: &String| environment::check(variable).map_err(|fault| refused(variable, &fault));
    match target {
        Target::Env(EnvTarget::Variable { env_var }) => variable(env_var),
        Target::Env(EnvTarget::Fields { fields }) => fields.keys().try_for_each(variable),
        Target::File(FileTarget { file_path, file_mode, .. }) => {
            placement::check(file_path).map_err(|fault| refused(file_path, &fault))?;
            mode::check(file_mode).map(drop).map_err(|fault| refused(file_mode, &fault))
        }
        Target::Helper(target) => helper::check(target).map_err(|(what, fault)| refused(&what, &fault)),
    }
}
