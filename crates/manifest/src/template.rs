//! Templates of files: text with placeholders (R-4.2).
//!
//! ```text
//! aws_access_key_id={{aws_access_key_id}}
//! password={{ password | json }}
//! ```
//!
//! A placeholder is a name between `{{` and `}}`, blanks allowed. For a bundle the names are its fields; for a
//! scalar they are `value` and the name of the secret. The value is inserted as it is, byte for byte, and what
//! it contains is never looked at again. Up to [`FILTERS_MAX`] filters may follow, each after a `|`:
//! [`Filter`] lists them. `{{"{{"}}` writes `{{` itself, and in the same way `{{"{%"}}` and `{{"{#"}}`.
//!
//! That is the whole language: minijinja parses and renders it, and everything else that minijinja knows is
//! refused when a template is compiled, before anybody approves it.

use std::fmt;

use remo_secret::Secret;
use remo_wire::names::SecretName;
use remo_wire::value::Kind;

pub use filter::Filter;

mod compile;
mod filter;
mod inserted;
pub(crate) mod position;
mod render;

/// The longest template, in bytes. The engine counts lines and columns in 16 bits.
pub const TEMPLATE_MAX: usize = 60 * 1024;

/// How many filters a placeholder may have. Each may double the length of what it quotes.
pub const FILTERS_MAX: usize = 3;

/// The placeholder that stands for a scalar, besides the secret's own name.
pub const VALUE: &str = "value";

/// A template that uses nothing but what the language has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    placeholders: Vec<Placeholder>,
}

/// One use of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// What is inserted.
    pub name: String,
    /// How it is quoted, in this order.
    pub filters: Vec<Filter>,
    /// Line inside the template, from 1.
    pub line: u32,
}

impl Template {
    /// Checks a template; the error is its first problem.
    pub fn compile(source: &str) -> Result<Self, TemplateProblem> {
        let mut problems = Vec::new();
        let placeholders = compile::check(source, &mut problems);
        match problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(Self { source: source.to_owned(), placeholders }),
        }
    }

    /// Every problem of a template, in order; empty when [`compile`](Self::compile) succeeds.
    pub fn problems(source: &str) -> Vec<TemplateProblem> {
        let mut problems = Vec::new();
        compile::check(source, &mut problems);
        problems
    }

    /// The values that the template inserts, in order.
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }

    /// Whether every placeholder has a value, for those who know names but no values: `fields` are the fields
    /// of a bundle, and not looked at for a scalar.
    pub fn resolves(&self, secret: &SecretName, kind: Kind, fields: &[&str]) -> Result<(), RenderProblem> {
        match kind {
            Kind::Scalar => render::resolve(self, secret, kind, &[VALUE, secret.as_str()]),
            Kind::Bundle => render::resolve(self, secret, kind, fields),
        }
    }

    /// Inserts a secret's value. A bundle's value is its compact JSON text, as it travels on the wire.
    ///
    /// No copy of a value is left outside of a [`Secret`], and no error repeats one.
    pub fn render(&self, secret: &SecretName, kind: Kind, value: &Secret) -> Result<Secret, RenderProblem> {
        render::render(self, secret, kind, value)
    }
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Line inside the template, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} of the template: {}\nhint: {}", self.line, self.message, self.remedy)
    }
}

impl std::error::Error for TemplateProblem {}

/// Why a value cannot be inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderProblem {
    /// Line inside the template, from 1; `None` when the value as a whole does not fit.
    pub line: Option<u32>,
    /// What is wrong; names fields, never values.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for RenderProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line} of the template: ")?;
        }
        write!(formatter, "{}\nhint: {}", self.message, self.remedy)
    }
}

impl std::error::Error for RenderProblem {}
