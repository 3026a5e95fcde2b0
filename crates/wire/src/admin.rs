//! The admin plane: what the vault and the host tools may ask. No operation returns a value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::binding::Bindings;
use crate::decode::{self, Text};
use crate::error::{ErrorCode, ErrorResponse};
use crate::limits::REQUEST_LINE_MAX;
use crate::names::{FieldName, ProjectName, SecretName};
use crate::ok::OkTrue;
use crate::value::Kind;

pub use payload::{PushPayload, PushedSecret};

mod payload;

/// A request on the admin socket.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum AdminRequest {
    /// Makes a project known and opens its socket; approves its manifest only when asked to.
    Register(Register),
    /// Closes a project's socket and connections; its pin is kept.
    Unregister {
        /// The project.
        name: ProjectName,
    },
    /// Compares a project's manifest file with its pin.
    Manifest {
        /// The project.
        name: ProjectName,
    },
    /// Approves the manifest as it is read now.
    Reload {
        /// The project.
        name: ProjectName,
        /// Approve only content with this SHA-256, in lower-case hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect_sha256: Option<String>,
    },
    /// Replaces the whole snapshot.
    PushCreds(PushPayload),
    /// Empties the store and wipes it.
    ClearCreds,
    /// Names, kinds and field names of the snapshot.
    List,
    /// The state of the broker and of every project.
    Status,
}

/// Fields of `register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Register {
    /// The project.
    pub name: ProjectName,
    /// Its directory, absolute; must be `<projects root>/<name>`.
    pub project_path: String,
    /// Users besides root who may use the project's socket; by default the owner of the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_uids: Option<Vec<u32>>,
    /// Approve the manifest as it is read now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approve: bool,
}

#[derive(Deserialize)]
struct Operation<'a> {
    #[serde(borrow)]
    op: Text<'a>,
}

#[derive(Deserialize)]
struct Named {
    name: ProjectName,
}

#[derive(Deserialize)]
struct Reload {
    name: ProjectName,
    #[serde(default)]
    expect_sha256: Option<String>,
}

impl AdminRequest {
    /// Decodes one line, without its newline. The error is ready to be sent.
    ///
    /// A line over [`REQUEST_LINE_MAX`] that is not `push-creds` is `payload_too_large`; the caller closes
    /// the connection after that answer.
    pub fn decode(line: &[u8]) -> Result<Self, ErrorResponse> {
        let text = decode::text(line)?;
        let Operation { op } = decode::from_object(text)?;
        if line.len() > REQUEST_LINE_MAX && op.as_str() != "push-creds" {
            return Err(ErrorResponse::new(
                ErrorCode::PayloadTooLarge,
                format!("a request other than push-creds has at most {REQUEST_LINE_MAX} bytes"),
            ));
        }
        match op.as_str() {
            "register" => fields(text, REGISTER_FIELDS).map(Self::Register),
            "unregister" => fields(text, NAME_FIELD).map(|Named { name }| Self::Unregister { name }),
            "manifest" => fields(text, NAME_FIELD).map(|Named { name }| Self::Manifest { name }),
            "reload" => fields(text, RELOAD_FIELDS)
                .map(|Reload { name, expect_sha256 }| Self::Reload { name, expect_sha256 }),
            "push-creds" => PushPayload::decode(text).map(Self::PushCreds),
            "clear-creds" => Ok(Self::ClearCreds),
            "list" => Ok(Self::List),
            "status" => Ok(Self::Status),
            _ => Err(decode::unknown_operation(
                "register, unregister, manifest, reload, push-creds, clear-creds, list, status",
            )),
        }
    }
}

const NAME_FIELD: &str = "the operation needs name, a project name";
const REGISTER_FIELDS: &str = "register needs name, a project name, and project_path, a string; \
                               it may have allowed_uids, an array of user ids, and approve, true or false";
const RELOAD_FIELDS: &str = "reload needs name, a project name; it may have expect_sha256, a string";

/// Decodes the fields of an operation out of a line that is known to be a JSON object with an `op`.
fn fields<'a, T: Deserialize<'a>>(text: &'a str, needed: &str) -> Result<T, ErrorResponse> {
    serde_json::from_str(text).map_err(|error| {
        ErrorResponse::new(
            ErrorCode::InvalidPayload,
            format!(
                "a field is missing, repeated, of a wrong type or not a valid name (column {}): {needed}",
                error.column()
            ),
        )
    })
}

/// Answer to `unregister` and `clear-creds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoneResponse {
    /// Always `true`.
    pub ok: OkTrue,
}

/// Answer to `register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// The project's socket on the host.
    pub socket_path: String,
    /// Whether a pin is in force.
    pub approved: bool,
}

/// How a project's manifest file compares with its pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ManifestState {
    /// The file is valid, and nothing was approved yet.
    Unapproved,
    /// The file is what was approved.
    Pinned,
    /// The file differs from what was approved, which stays in force.
    Changed,
    /// There is no file (or no directory) to read; a pin stays in force.
    Missing,
    /// The file cannot be used; a pin stays in force.
    Invalid,
}

impl std::fmt::Display for ManifestState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Unapproved => "unapproved",
            Self::Pinned => "pinned",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
        })
    }
}

/// A manifest as data: what was approved, or what the file asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ManifestSummary {
    /// Version of the manifest format.
    pub schema_version: u32,
    /// All bindings, defaults filled in.
    pub bindings: Bindings,
    /// Limits of the project's leases.
    pub cache: CacheLimits,
}

/// Limits of a project's leases, as its manifest states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheLimits {
    /// How long a lease runs, in seconds, 1 to 86,400; the broker's own setting caps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_seconds: Option<u32>,
    /// How many leases a project holds, 1 to 1,024; the broker's own setting caps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_entries: Option<u32>,
}

/// Answer to `manifest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ManifestResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// The comparison.
    pub state: ManifestState,
    /// What is in force.
    pub pinned: Option<ManifestSummary>,
    /// What the file asks for; `null` when it is missing or invalid.
    pub file: Option<ManifestSummary>,
    /// SHA-256 of the file in lower-case hexadecimal, for `expect_sha256`; empty when there is no file.
    pub sha256: String,
    /// What approving the file would add or change, in words.
    pub added: Vec<String>,
    /// What approving the file would remove, in words.
    pub removed: Vec<String>,
    /// Why the file is missing or invalid, one entry a problem.
    pub problems: Vec<String>,
}

/// Answer to `reload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReloadResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// Names that are allowed now, sorted.
    pub allowlist: Vec<SecretName>,
    /// Names that were not allowed before.
    pub added: Vec<SecretName>,
    /// Names that are not allowed any more.
    pub removed: Vec<SecretName>,
}

/// Answer to `push-creds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// When the snapshot was taken over, RFC 3339 in UTC.
    pub loaded_at: String,
    /// How many secrets the snapshot holds.
    pub secret_count: u64,
    /// Generation of the snapshot.
    pub generation: u64,
}

/// Answer to `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// Sorted by name.
    pub secrets: Vec<ListedSecret>,
}

/// One secret of the snapshot, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedSecret {
    /// Its name.
    pub name: SecretName,
    /// Scalar or bundle.
    pub kind: Kind,
    /// Field names of a bundle, sorted; absent for a scalar.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub fields: BTreeSet<FieldName>,
}

/// Answer to `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// Version of the broker's build.
    pub broker_version: String,
    /// [`crate::PROTOCOL_VERSION`] of the broker.
    pub protocol_version: u32,
    /// Made new at each start of the broker.
    pub instance_id: String,
    /// Whole seconds since the start.
    pub uptime_seconds: u64,
    /// How many secrets the snapshot holds.
    pub secret_count: u64,
    /// When the snapshot was pushed, RFC 3339 in UTC; `null` while nothing is loaded.
    pub secrets_loaded_at: Option<String>,
    /// Whether the store is empty because of `clear-creds`, over restarts too.
    pub cleared: bool,
    /// Generation of the snapshot.
    pub generation: u64,
    /// Every registered project, sorted by name.
    pub projects: Vec<ProjectStatus>,
}

/// One project of a [`StatusResponse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProjectStatus {
    /// Its name.
    pub name: ProjectName,
    /// Its socket on the host.
    pub socket_path: String,
    /// How many names its pin allows.
    pub allowlist_size: u64,
    /// How many leases run.
    pub cache_entries: u64,
    /// Its view.
    pub view: u64,
    /// How its manifest file compares with its pin.
    pub manifest: ManifestState,
    /// Which views its containers were given, at most 16 and those that watch; absent when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerStatus>,
    /// What changed since `changes_known_since`, sorted by name; absent when nothing did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangedSecret>,
    /// The view from which on changes are known: that of the registration or of the broker's start, or a later one
    /// when more has changed than is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_known_since: Option<u64>,
}

/// What a container was given, as the broker saw it: what its programs use is its own matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContainerStatus {
    /// Its id; `null` for processes whose container cannot be told, such as those of the host.
    pub container: Option<String>,
    /// Whether a process of it watches.
    pub watching: bool,
    /// The view that the process that watches was given last; of several the lowest. Without one, the view of the
    /// last `fetch` of the container.
    pub view: u64,
    /// When the container asked for everything last, RFC 3339 in UTC; `null` when that is forgotten.
    pub fetched_at: Option<String>,
}

/// A secret of which a project is vended something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedSecret {
    /// Its name.
    pub name: SecretName,
    /// The first view with what is vended now.
    pub view: u64,
    /// The variables that it fills or has filled, sorted.
    pub variables: Vec<String>,
}
