//! What is injected: computed from the pinned bindings and the values of one snapshot, without any input or
//! output.
//!
//! The broker and the vault have checked bindings before they were pinned. What decides over code that
//! programs run (names of variables, paths of files) is checked here once more.

use remo_manifest::{environment, helper, placement};
use remo_secret::Secret;
use remo_wire::binding::{Binding, FileTarget, HelperTarget, Target};
use remo_wire::names::SecretName;
use remo_wire::project::FetchedSecrets;

pub(crate) use destination::Destination;
pub(crate) use problem::{Cause, Problem};

mod content;
mod destination;
mod problem;

/// Bits of a mode that a secret's file may have: nobody but its owner writes, nothing special.
const MODE_ALLOWED: u32 = 0o755;

/// A variable and its value, which is UTF-8 without NUL.
#[derive(Debug)]
pub(crate) struct Variable {
    /// An identifier that is not reserved.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// A file and its content.
#[derive(Debug)]
pub(crate) struct PlannedFile {
    /// The secret, whose name is also the file's name in our storage.
    pub secret: SecretName,
    /// Where a link to the file goes.
    pub destination: Destination,
    /// Permissions, at most [`MODE_ALLOWED`].
    pub mode: u32,
    /// What the file holds.
    pub content: Secret,
}

/// Everything to inject, and everything that cannot be.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// By the name of their secret.
    pub variables: Vec<Variable>,
    /// By the name of their secret.
    pub files: Vec<PlannedFile>,
    /// By the name of their secret. Their values are not here: tools ask for them.
    pub helpers: Vec<HelperTarget>,
    /// By the name of their secret.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// Plans every binding of a response.
    pub(crate) fn new(fetched: &FetchedSecrets) -> Self {
        let mut plan = Self::default();
        for (name, binding) in &fetched.bindings {
            if let Err(cause) = plan.add(name, binding, fetched) {
                plan.problems.push(Problem { secret: name.clone(), required: binding.required, cause });
            }
        }
        plan
    }

    fn add(&mut self, name: &SecretName, binding: &Binding, fetched: &FetchedSecrets) -> Result<(), Cause> {
        // Checked even when the value is missing: a pin that asks for these is wrong at any time.
        check_target(&binding.target)?;
        let missing = || Cause::Missing { anything_loaded: fetched.missing.len() < fetched.bindings.len() };
        if let Target::Helper(target) = &binding.target {
            // Of these a response only tells which are missing.
            if fetched.missing.contains(name) {
                return Err(missing());
            }
            self.helpers.push(target.clone());
            return Ok(());
        }
        let secret = fetched.secrets.get(name).ok_or_else(missing)?;
        match &binding.target {
            Target::Env(target) => self.variables.extend(content::variables(target, secret)?),
            Target::File(target) => self.files.push(PlannedFile {
                secret: name.clone(),
                destination: Destination::parse(&target.file_path).ok_or_else(|| unusable_path(target))?,
                mode: mode(target)?,
                content: content::file(name, target, secret)?,
            }),
            Target::Helper(_) => {}
        }
        Ok(())
    }

    /// Problems that forbid handing over: a required secret, or a pin that asks for what is never allowed.
    pub(crate) fn fatal(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.fatal())
    }

    /// Whether a start may go on.
    pub(crate) fn complete(&self) -> bool {
        self.fatal().next().is_none()
    }
}

/// Whether waiting can help: every fatal problem is a secret that may still be pushed.
pub(crate) fn can_heal<'a>(mut fatal: impl Iterator<Item = &'a Problem>) -> bool {
    fatal.all(|problem| matches!(problem.cause, Cause::Missing { .. }))
}

fn check_target(target: &Target) -> Result<(), Cause> {
    match target {
        Target::Env(target) => content::variable_names(target).try_for_each(|name| {
            environment::check(name)
                .map_err(|fault| Cause::Forbidden { what: name.to_owned(), why: fault.to_string() })
        }),
        Target::File(target) => {
            placement::check(&target.file_path).map_err(|fault| Cause::Forbidden {
                what: target.file_path.clone(),
                why: fault.to_string(),
            })?;
            mode(target).map(|_| ())
        }
        Target::Helper(target) => {
            helper::check(target).map_err(|(what, fault)| Cause::Forbidden { what, why: fault.to_string() })
        }
    }
}

fn mode(target: &FileTarget) -> Result<u32, Cause> {
    u32::from_str_radix(&target.file_mode, 8).ok().filter(|mode| mode & !MODE_ALLOWED == 0).ok_or_else(|| {
        Cause::Forbidden {
            what: target.file_mode.clone(),
            why: "is no mode that a secret's file may have".to_owned(),
        }
    })
}

fn unusable_path(target: &FileTarget) -> Cause {
    Cause::Forbidden { what: target.file_path.clone(), why: "is not a usable path".to_owned() }
}

#[cfg(test)]
mod tests;
