//! Rendering: every name is resolved before the engine starts, so that it has nothing left to fail on.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use remo_secret::Secret;
use remo_wire::names::SecretName;
use remo_wire::value::Kind;

use super::inserted::{Inserted, Output, Values};
use super::{Filter, Placeholder, RenderProblem, Template, VALUE};
use crate::quote::bare;

pub(super) fn render(
    template: &Template,
    secret: &SecretName,
    kind: Kind,
    value: &Secret,
) -> Result<Secret, RenderProblem> {
    let values = match kind {
        Kind::Scalar => scalar(secret, value),
        Kind::Bundle => bundle(secret, value)?,
    };
    let names: Vec<&str> = values.0.keys().map(String::as_str).collect();
    resolve(template, secret, kind, &names)?;
    fit(template, &values)?;
    let environment = environment();
    let mut output = Output(Secret::new(Vec::with_capacity(template.source.len() + value.len())));
    environment
        .template_from_str(&template.source)
        .and_then(|compiled| compiled.render_captured_to(Value::from_object(values), &mut output).map(drop))
        .map_err(|error| engine_failed(&error))?;
    Ok(output.0)
}

fn scalar(secret: &SecretName, value: &Secret) -> Values {
    let inserted = Arc::new(Inserted(value.duplicate()));
    Values(BTreeMap::from([
        (VALUE.to_owned(), Arc::clone(&inserted)),
        (secret.as_str().to_owned(), inserted),
    ]))
}

fn bundle(secret: &SecretName, value: &Secret) -> Result<Values, RenderProblem> {
    // The parser's own error could quote the text around it.
    let fields: BTreeMap<String, Secret> =
        serde_json::from_slice(value.expose()).map_err(|_| RenderProblem {
            line: None,
            message: format!("the bundle {secret} did not arrive as a JSON object of strings"),
            remedy: "check that broker and project side are of the same release".to_owned(),
        })?;
    Ok(Values(fields.into_iter().map(|(name, value)| (name, Arc::new(Inserted(value)))).collect()))
}

/// Checks that every placeholder is one of `names`.
pub(super) fn resolve(
    template: &Template,
    secret: &SecretName,
    kind: Kind,
    names: &[&str],
) -> Result<(), RenderProblem> {
    let unknown =
        template.placeholders().iter().find(|placeholder| !names.contains(&placeholder.name.as_str()));
    let Some(placeholder) = unknown else { return Ok(()) };
    let remedy = match kind {
        Kind::Scalar => format!("write {{{{{VALUE}}}}} or {{{{{secret}}}}}"),
        Kind::Bundle if names.is_empty() => "the bundle has no fields; store it again".to_owned(),
        Kind::Bundle => format!("use one of its fields: {}", names.join(", ")),
    };
    Err(RenderProblem {
        line: Some(placeholder.line),
        // A name of a template has no limit of its own.
        message: format!(
            "the placeholder {{{{{}}}}} is unknown; {secret} is a {kind}",
            bare(&placeholder.name)
        ),
        remedy,
    })
}

/// Checks that every value fits where it goes.
fn fit(template: &Template, values: &Values) -> Result<(), RenderProblem> {
    for Placeholder { name, filters, line } in template.placeholders() {
        let Some(inserted) = values.0.get(name) else { continue };
        // Only the first filter sees the value; what a filter returns is text without NUL.
        let problem = match (filters.first(), inserted.0.expose_text()) {
            (Some(Filter::Base64), _) => continue,
            (_, None) => {
                ("is not UTF-8 text", format!("write {{{{{name} | base64}}}}, or leave the template out"))
            }
            (Some(Filter::Shell), Some(text)) if text.contains('\0') => (
                "contains a NUL byte, which no shell word can hold",
                format!("write {{{{{name} | base64}}}} and decode it where it is used"),
            ),
            _ => continue,
        };
        return Err(RenderProblem {
            line: Some(*line),
            message: format!("the value for {{{{{name}}}}} {}", problem.0),
            remedy: problem.1,
        });
    }
    Ok(())
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_keep_trailing_newline(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for filter in Filter::ALL {
        environment.add_filter(filter.name(), move |value: Value| quoted(*filter, &value));
    }
    environment.set_formatter(|output, _, value| {
        // Text that is no secret is one of the literal openers.
        let text = match value.downcast_object_ref::<Inserted>() {
            Some(inserted) => inserted.0.expose_text(),
            None => value.as_str(),
        };
        output.write_str(text.ok_or_else(not_insertable)?).map_err(Error::from)
    });
    environment
}

fn quoted(filter: Filter, value: &Value) -> Result<Value, Error> {
    let inserted = value.downcast_object_ref::<Inserted>().ok_or_else(not_insertable)?;
    let quoted = filter.apply(&inserted.0).ok_or_else(not_insertable)?;
    Ok(Value::from_object(Inserted(quoted)))
}

fn not_insertable() -> Error {
    Error::new(ErrorKind::InvalidOperation, "a value cannot be inserted here")
}

/// Unreachable as far as is known; the engine's words carry no value, but only its kind is repeated.
fn engine_failed(error: &Error) -> RenderProblem {
    RenderProblem {
        line: error.line().and_then(|line| u32::try_from(line).ok()),
        message: format!("the template cannot be rendered: {}", error.kind()),
        remedy: "report this template as a bug of this tool".to_owned(),
    }
}
