//! Secrets that a tool asks for at the moment of use, by a credential helper (`fetch_as = "helper"`).
//!
//! `fetch` carries no value of these: one that is there is neither among its `secrets` nor `missing`. Each use
//! is a `get`, and so a line of its own in the audit log.

use serde::{Deserialize, Serialize};

use crate::names::FieldName;

/// Which tool may ask, for what, and what of the secret it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "helper", rename_all = "lowercase")]
pub enum HelperTarget {
    /// git, for one host.
    Git(GitHelper),
    /// docker and its like, for one registry.
    Docker(DockerHelper),
    /// Whatever reads the configuration of AWS, for one profile.
    Aws(AwsHelper),
}

/// The credentials of git for one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GitHelper {
    /// `https://HOST` or `http://HOST`, with `:PORT` where it is not the usual one. No path.
    pub url: String,
    /// What is answered.
    #[serde(flatten)]
    pub account: Account,
}

/// The credentials of docker for one registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DockerHelper {
    /// `HOST` or `HOST:PORT`, as images are named; `docker.io` is Docker Hub.
    pub registry: String,
    /// What is answered.
    #[serde(flatten)]
    pub account: Account,
}

/// The credentials of one profile of AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AwsHelper {
    /// Name of the profile.
    pub profile: String,
    /// The fields of the bundle. Without them they are `aws_access_key_id` and `aws_secret_access_key`, and
    /// `aws_session_token` and `expiration` where the bundle has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<AwsFields>,
}

/// Where user name and password come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Account {
    /// A bundle has both.
    Fields {
        /// Which fields they are.
        fields: AccountFields,
    },
    /// A scalar is the password.
    Username {
        /// The user name that goes with it.
        username: String,
    },
}

/// The fields of a bundle that are an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountFields {
    /// Holds the user name.
    pub username: FieldName,
    /// Holds the password or token.
    pub password: FieldName,
}

/// The fields of a bundle that are a key of AWS. Each that is named has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AwsFields {
    /// Holds the name of the key.
    pub access_key_id: FieldName,
    /// Holds the key.
    pub secret_access_key: FieldName,
    /// Holds the token of a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<FieldName>,
    /// Holds the time at which the key expires, as RFC 3339 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<FieldName>,
}
