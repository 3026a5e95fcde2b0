//! From a value to what a variable or a file holds.

use std::collections::BTreeMap;

use remo_manifest::template::Template;
use remo_secret::Secret;
use remo_wire::binding::{EnvTarget, FileTarget};
use remo_wire::names::SecretName;
use remo_wire::project::FetchedSecret;
use remo_wire::value::Kind;

use super::{Cause, Variable};

/// The names of all variables of a binding.
pub(super) fn variable_names(target: &EnvTarget) -> Box<dyn Iterator<Item = &str> + '_> {
    match target {
        EnvTarget::Variable { env_var } => Box::new(std::iter::once(env_var.as_str())),
        EnvTarget::Fields { fields } => Box::new(fields.keys().map(String::as_str)),
    }
}

/// The variables that a secret fills.
pub(super) fn variables(target: &EnvTarget, secret: &FetchedSecret) -> Result<Vec<Variable>, Cause> {
    match (target, secret.kind) {
        (EnvTarget::Variable { env_var }, Kind::Scalar) => {
            Ok(vec![variable(env_var, secret.value.duplicate())?])
        }
        (EnvTarget::Variable { env_var }, Kind::Bundle) => {
            Err(Cause::BundleInVariable { variable: env_var.clone() })
        }
        (EnvTarget::Fields { .. }, Kind::Scalar) => Err(Cause::ScalarWithFields),
        (EnvTarget::Fields { fields }, Kind::Bundle) => {
            let values: BTreeMap<String, Secret> =
                serde_json::from_slice(secret.value.expose()).map_err(|_| Cause::BundleMalformed)?;
            fields
                .iter()
                .map(|(name, field)| match values.get(field.as_str()) {
                    Some(value) => variable(name, value.duplicate()),
                    None => Err(Cause::FieldMissing { variable: name.clone(), field: field.clone() }),
                })
                .collect()
        }
    }
}

fn variable(name: &str, value: Secret) -> Result<Variable, Cause> {
    match value.expose_text() {
        None => Err(Cause::NotText { variable: name.to_owned() }),
        Some(text) if text.contains('\0') => Err(Cause::ContainsNul { variable: name.to_owned() }),
        Some(_) => Ok(Variable { name: name.to_owned(), value }),
    }
}

/// The content of a secret's file: the rendered template, or the value as it is (for a bundle its JSON text).
pub(super) fn file(name: &SecretName, target: &FileTarget, secret: &FetchedSecret) -> Result<Secret, Cause> {
    let Some(source) = &target.template else { return Ok(secret.value.duplicate()) };
    let template = Template::compile(source)
        .map_err(|problem| Cause::Template { message: problem.message, remedy: problem.remedy })?;
    template
        .render(name, secret.kind, &secret.value)
        .map_err(|problem| Cause::Template { message: problem.message, remedy: problem.remedy })
}
