//! What a manifest says about one secret, in the normal form that is pinned and travels in `info` and
//! `fetch`: every default filled in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::{FieldName, SecretName};

pub use helper::{Account, AccountFields, AwsFields, AwsHelper, DockerHelper, GitHelper, HelperTarget};

mod helper;

/// All bindings of a manifest, by the name of their secret.
pub type Bindings = BTreeMap<SecretName, Binding>;

/// The binding of one secret. Unknown fields are ignored: later versions add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Binding {
    /// Where the value goes.
    #[serde(flatten)]
    pub target: Target,
    /// Whether a start without this secret fails.
    pub required: bool,
}

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "fetch_as", rename_all = "lowercase")]
pub enum Target {
    /// Into the environment.
    Env(EnvTarget),
    /// Into a memory-backed file.
    File(FileTarget),
    /// Nowhere: a tool asks for it at the moment of use.
    Helper(HelperTarget),
}

/// The environment variables that one secret fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum EnvTarget {
    /// A bundle: each variable takes one field.
    Fields {
        /// Field of the bundle by the variable that takes it.
        fields: BTreeMap<String, FieldName>,
    },
    /// A scalar: one variable takes the value.
    Variable {
        /// Name of the variable.
        env_var: String,
    },
}

/// The file that one secret fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileTarget {
    /// Where the file is reachable: absolute, or below the home of the remote user with a leading `~/`.
    pub file_path: String,
    /// Four octal digits.
    pub file_mode: String,
    /// Template of the content; without one the value is written as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}
