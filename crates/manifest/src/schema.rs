//! JSON Schema of the manifest file, for editors and for `schema/remo-manifest.v1.json` (R-3.8).
//!
//! The types here mirror the file, not the normal form: what is optional in the file is optional here. A
//! schema cannot say everything that [`parse`](crate::parse) checks (reserved variables, two bindings onto one
//! path, the language of templates, `username` beside `fields`); a file that `parse` accepts is valid by the schema, which a test holds.

use std::collections::BTreeMap;

use remo_wire::names::{FieldName, ProjectName, SecretName};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The schema as a JSON document.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(ManifestFile).to_value();
    remove_null(&mut schema);
    schema
}

/// Takes `null` out of a schema: TOML has none, an optional key is left out.
fn remove_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            for key in ["type", "anyOf"] {
                let Some(Value::Array(choices)) = object.get_mut(key) else { continue };
                choices.retain(|choice| {
                    choice != "null" && choice.get("type").is_none_or(|kind| kind != "null")
                });
                // One choice that is left is no choice.
                let [only] = choices.as_slice() else { continue };
                match only.clone() {
                    Value::Object(only) => {
                        object.remove(key);
                        object.extend(only);
                    }
                    only => {
                        object.insert(key.to_owned(), only);
                    }
                }
            }
            object.values_mut().for_each(remove_null);
        }
        Value::Array(array) => array.iter_mut().for_each(remove_null),
        _ => {}
    }
}

/// What a project asks for: `.remo/manifest.toml`. Only what a person has approved of it governs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "remo manifest, version 1")]
pub struct ManifestFile {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    pub schema_version: u32,
    /// The base name of the project's directory.
    pub project: ProjectName,
    /// Each secret that the project needs, by its name in the vault.
    #[serde(default)]
    pub secrets: BTreeMap<SecretName, BindingTable>,
    /// Limits of the project's leases.
    #[serde(default)]
    pub cache: CacheTable,
}

/// Where one secret goes. An empty table puts it into the variable that is its name in upper case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BindingTable {
    /// Into one variable.
    Variable(VariableTable),
    /// A bundle into several variables.
    Fields(FieldsTable),
    /// Into a file.
    File(FileTable),
    /// For git, for one host.
    Git(GitTable),
    /// For docker, for one registry.
    Docker(DockerTable),
    /// For the tools of AWS, for one profile.
    Aws(AwsTable),
}

/// A secret that one variable takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableTable {
    /// The default.
    pub fetch_as: Option<EnvWord>,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// The variable; the secret's name in upper case unless given.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]{0,127}$"))]
    pub env_var: Option<String>,
}

/// A bundle whose fields several variables take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldsTable {
    /// The default.
    pub fetch_as: Option<EnvWord>,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// Field of the bundle by the variable that takes it.
    #[schemars(extend("minProperties" = 1, "propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$" }))]
    pub fields: BTreeMap<String, FieldName>,
}

/// A secret that is reachable as a file in memory-backed storage.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTable {
    /// Says that it is a file.
    pub fetch_as: FileWord,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// Below `~/`, the home of the container's user, or below one of the documented places.
    #[schemars(regex(pattern = "^(~|/run/secrets|/etc/secrets)/[ -~]+$"))]
    pub file_path: String,
    /// Four octal digits, without write for group and others; 0600 unless given.
    #[schemars(regex(pattern = "^0[4-7][0145][0145]$"))]
    pub file_mode: Option<String>,
    /// The content, with `{{value}}` or `{{field}}` where a value goes; the value itself unless given.
    pub template: Option<String>,
}

/// `env`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvWord {
    /// Into the environment.
    Env,
}

/// `file`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileWord {
    /// Into a file.
    File,
}

/// `helper`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HelperWord {
    /// Asked for by a tool at the moment of use.
    Helper,
}

/// `git`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GitWord {
    /// git.
    Git,
}

/// `docker`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DockerWord {
    /// docker and its like.
    Docker,
}

/// `aws`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AwsWord {
    /// Whatever reads the configuration of AWS.
    Aws,
}

/// A secret that git gets for one host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitTable {
    /// Says that a tool asks for it.
    pub fetch_as: HelperWord,
    /// Says which tool.
    pub helper: GitWord,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// The host, without path.
    #[schemars(regex(pattern = r"^https?://[a-z0-9_][a-z0-9._-]*(:[1-9][0-9]{0,4})?$"))]
    pub url: String,
    /// The user name that goes with a secret that is one value.
    #[schemars(regex(pattern = "^[!-9;-~]{1,128}$"))]
    pub username: Option<String>,
    /// The fields of a bundle.
    pub fields: Option<AccountFieldsTable>,
}

/// A secret that docker gets for one registry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DockerTable {
    /// Says that a tool asks for it.
    pub fetch_as: HelperWord,
    /// Says which tool.
    pub helper: DockerWord,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// The registry as images are named; `docker.io` for Docker Hub.
    #[schemars(regex(pattern = r"^[a-z0-9_][a-z0-9._-]*(:[1-9][0-9]{0,4})?$"))]
    pub registry: String,
    /// The user name that goes with a secret that is one value.
    #[schemars(regex(pattern = "^[!-9;-~]{1,128}$"))]
    pub username: Option<String>,
    /// The fields of a bundle.
    pub fields: Option<AccountFieldsTable>,
}

/// A bundle that the tools of AWS get for one profile.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsTable {
    /// Says that a tool asks for it.
    pub fetch_as: HelperWord,
    /// Says which tool.
    pub helper: AwsWord,
    /// Whether a start without this secret fails; true unless given.
    pub required: Option<bool>,
    /// Name of the profile.
    #[schemars(regex(pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"))]
    pub profile: String,
    /// The fields of the bundle; as AWS calls them unless given.
    pub fields: Option<AwsFieldsTable>,
}

/// Which fields of a bundle are an account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountFieldsTable {
    /// Holds the user name.
    pub username: FieldName,
    /// Holds the password or token.
    pub password: FieldName,
}

/// Which fields of a bundle are a key of AWS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsFieldsTable {
    /// Holds the name of the key.
    pub access_key_id: FieldName,
    /// Holds the key.
    pub secret_access_key: FieldName,
    /// Holds the token of a session.
    pub session_token: Option<FieldName>,
    /// Holds the time at which the key expires.
    pub expiration: Option<FieldName>,
}

/// Limits of the project's leases; each can lower the broker's own, never raise it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CacheTable {
    /// How long a lease runs, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub default_ttl_seconds: Option<u32>,
    /// How many leases the project holds.
    #[schemars(range(min = 1, max = 1024))]
    pub default_max_entries: Option<u32>,
}
