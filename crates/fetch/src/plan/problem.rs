//! Why a secret cannot be injected.

use std::fmt;

use remo_wire::names::{FieldName, SecretName};

/// A secret of the pin that is not injected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The secret.
    pub secret: SecretName,
    /// Whether the manifest calls it required.
    pub required: bool,
    /// Why.
    pub cause: Cause,
}

/// The reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The snapshot does not hold it.
    Missing {
        /// Whether the response held any other secret.
        anything_loaded: bool,
    },
    /// The pin asks for a variable, path or mode that is never allowed.
    Forbidden {
        /// What it asks for.
        what: String,
        /// Continues a sentence that begins with it.
        why: String,
    },
    /// A bundle is to go into one variable.
    BundleInVariable {
        /// The variable.
        variable: String,
    },
    /// Fields are named, but the secret is a scalar.
    ScalarWithFields,
    /// The bundle lacks a field.
    FieldMissing {
        /// The variable that takes it.
        variable: String,
        /// The field.
        field: FieldName,
    },
    /// A bundle's value is not a JSON object of strings.
    BundleMalformed,
    /// A value for a variable is not UTF-8.
    NotText {
        /// The variable.
        variable: String,
    },
    /// A value for a variable contains NUL.
    ContainsNul {
        /// The variable.
        variable: String,
    },
    /// The template does not fit the value.
    Template {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
}

impl Problem {
    /// Whether a start must not go on: the secret is required, or the pin asks for what is never allowed.
    /// An optional secret that is missing or does not fit is left out with a note.
    pub(crate) fn fatal(&self) -> bool {
        self.required || matches!(self.cause, Cause::Forbidden { .. })
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        let secret = &self.secret;
        match &self.cause {
            Cause::Missing { .. } => format!(
                "in the vault: remo-vault set {secret}, or remo-vault push if it is there; remo-vault list shows"
            ),
            Cause::Forbidden { .. } => format!(
                "change [secrets.{secret}] in .remo/manifest.toml, then approve it on the instance: remo-reload"
            ),
            Cause::BundleInVariable { variable } => format!(
                "name the field in .remo/manifest.toml: [secrets.{secret}] fields = {{ {variable} = \"…\" }}"
            ),
            Cause::ScalarWithFields => format!(
                "in .remo/manifest.toml, replace fields by env_var = \"…\" in [secrets.{secret}], or store a bundle"
            ),
            Cause::FieldMissing { .. } => {
                format!(
                    "correct fields of [secrets.{secret}] in .remo/manifest.toml, or add the field in the vault"
                )
            }
            Cause::BundleMalformed => {
                format!("store {secret} again in the vault, as a JSON object of strings")
            }
            Cause::NotText { .. } | Cause::ContainsNul { .. } => format!(
                "deliver it as a file: [secrets.{secret}] fetch_as = \"file\" with a file_path in .remo/manifest.toml"
            ),
            Cause::Template { remedy, .. } => remedy.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.secret)?;
        match &self.cause {
            Cause::Missing { anything_loaded: true } => formatter.write_str("not in the vault"),
            Cause::Missing { anything_loaded: false } => {
                formatter.write_str("not in the vault, or the vault has not pushed yet")
            }
            Cause::Forbidden { what, why } => {
                write!(formatter, "the pin is refused: {} {why}", what.escape_debug())
            }
            Cause::BundleInVariable { variable } => {
                write!(formatter, "is a bundle, which {variable} cannot hold as a whole")
            }
            Cause::ScalarWithFields => formatter.write_str("is one value, but the manifest names fields"),
            Cause::FieldMissing { variable, field } => {
                write!(formatter, "the bundle has no field {field}, which {variable} is to hold")
            }
            Cause::BundleMalformed => formatter.write_str("the bundle is not a JSON object of strings"),
            Cause::NotText { variable } => {
                write!(formatter, "the value is not UTF-8 and cannot go into the variable {variable}")
            }
            Cause::ContainsNul { variable } => {
                write!(formatter, "the value contains NUL and cannot go into the variable {variable}")
            }
            Cause::Template { message, .. } => write!(formatter, "the template does not fit: {message}"),
        }
    }
}
