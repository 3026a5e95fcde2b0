//! Bindings into the environment.

use std::collections::BTreeMap;

use remo_wire::binding::EnvTarget;
use remo_wire::names::{FieldName, SecretName};

use super::claims::Claims;
use crate::environment::{self, NameFault};
use crate::problem::Rule;
use crate::quote::quote;
use crate::reader::{Entry, Reader, Section};

/// Keys that only this mode has.
pub(super) const KEYS: &[&str] = &["env_var", "fields"];

const FIELDS_EXAMPLE: &str = "fields = { DEPLOY_USER = \"user\" }";

pub(super) fn read(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: Option<&SecretName>,
    claims: &mut Claims,
) -> Option<EnvTarget> {
    match (section.get("env_var"), section.get("fields")) {
        (Some(variable), Some(fields)) => {
            reader.report(
                Rule::VariableAndFields,
                (variable.offset.max(fields.offset), &fields.path),
                "env_var and fields exclude each other: env_var takes a secret that is one value, fields the fields of a bundle",
                "remove one of the two",
            );
            // Both are still checked, so that what else is wrong is not found only the next time.
            explicit(reader, &variable, claims);
            bundle(reader, &fields, claims);
            None
        }
        (Some(variable), None) => explicit(reader, &variable, claims),
        (None, Some(fields)) => bundle(reader, &fields, claims),
        (None, None) => default(reader, section, name?, claims),
    }
}

fn explicit(reader: &mut Reader<'_>, entry: &Entry<'_>, claims: &mut Claims) -> Option<EnvTarget> {
    let env_var = reader.text(entry, "env_var = \"GH_TOKEN\"")?;
    check(reader, entry.offset, &entry.path, env_var, "write another name in env_var")?;
    claims.variable(env_var, entry.offset, &entry.path);
    Some(EnvTarget::Variable { env_var: env_var.to_owned() })
}

/// The secret's name in upper case, when neither key is there.
fn default(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: &SecretName,
    claims: &mut Claims,
) -> Option<EnvTarget> {
    let env_var = name.as_str().to_ascii_uppercase();
    let remedy = format!("name the variable: write env_var = \"…\" in [{}]", section.path);
    check(reader, section.offset, &section.path, &env_var, &remedy)?;
    claims.variable(&env_var, section.offset, &section.path);
    Some(EnvTarget::Variable { env_var })
}

fn bundle(reader: &mut Reader<'_>, entry: &Entry<'_>, claims: &mut Claims) -> Option<EnvTarget> {
    let section = reader.section(entry, FIELDS_EXAMPLE)?;
    let entries = section.entries();
    if entries.is_empty() {
        reader.report(
            Rule::EmptyFields,
            (entry.offset, &entry.path),
            "fields names no field",
            format!("name what is needed, for example {FIELDS_EXAMPLE}, or remove the key"),
        );
        return None;
    }
    let mut fields = BTreeMap::new();
    for entry in &entries {
        let usable =
            check(reader, entry.offset, &entry.path, entry.name, "write another name to the left of =");
        if usable.is_some() {
            claims.variable(entry.name, entry.offset, &entry.path);
        }
        if let (Some(()), Some(field)) = (usable, field(reader, entry)) {
            fields.insert(entry.name.to_owned(), field);
        }
    }
    (fields.len() == entries.len()).then_some(EnvTarget::Fields { fields })
}

pub(super) fn field(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<FieldName> {
    let name = reader.text(entry, FIELDS_EXAMPLE)?;
    FieldName::new(name)
        .map_err(|rule| {
            reader.report(
                Rule::FieldName,
                (entry.offset, &entry.path),
                format!("{} is no name of a field: {rule}", quote(name)),
                "write the name of a field of the bundle, as the vault lists it",
            );
        })
        .ok()
}

/// Reports a name that cannot be used as a variable.
fn check(reader: &mut Reader<'_>, offset: usize, key: &str, name: &str, remedy: &str) -> Option<()> {
    let Err(fault) = environment::check(name) else { return Some(()) };
    let rule = match fault {
        NameFault::NotAnIdentifier => Rule::EnvName,
        NameFault::Reserved(_) => Rule::ReservedVariable,
    };
    reader.report(rule, (offset, key), format!("{} {fault}", quote(name)), remedy);
    None
}
