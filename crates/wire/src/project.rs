//! The project plane: what a container may ask on its own socket.

use std::collections::BTreeMap;

use remo_secret::Secret;
use serde::{Deserialize, Serialize};

use crate::binding::Bindings;
use crate::decode::{self, Loose, Text};
use crate::error::{ErrorCode, ErrorResponse};
use crate::names::{ProjectName, SecretName};
use crate::ok::OkTrue;
use crate::value::{Kind, ValueField, received};

/// A request on a project socket. Names are as the client wrote them: not checked, not to be logged as
/// they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum ProjectRequest<'a> {
    /// Who answers, in which version.
    Ping,
    /// What is pinned for this project.
    Info,
    /// One secret.
    Get {
        /// Name of the secret.
        name: Text<'a>,
    },
    /// Every secret of the pin, out of one snapshot, but for those of credential helpers.
    Fetch,
    /// Turns the connection into a stream of [`ChangedEvent`]s.
    Watch {
        /// The view that the client holds; without one the first event comes at once.
        #[serde(skip_serializing_if = "Option::is_none")]
        view: Option<u64>,
    },
}

#[derive(Deserialize)]
struct ProjectFields<'a> {
    #[serde(borrow)]
    op: Text<'a>,
    #[serde(borrow, default)]
    name: Option<Loose<'a>>,
    #[serde(borrow, default)]
    view: Option<Loose<'a>>,
}

impl<'a> ProjectRequest<'a> {
    /// A `get` for `name`.
    pub fn get(name: &'a str) -> Self {
        Self::Get { name: Text::from(name) }
    }

    /// Decodes one line, without its newline. The error is ready to be sent.
    pub fn decode(line: &'a [u8]) -> Result<Self, ErrorResponse> {
        let fields: ProjectFields<'a> = decode::object(line)?;
        match fields.op.as_str() {
            "get" => match fields.name {
                Some(Loose::Text(name)) => Ok(Self::Get { name }),
                _ => Err(ErrorResponse::new(ErrorCode::ProtocolError, "get needs the field name, a string")),
            },
            "fetch" => Ok(Self::Fetch),
            "ping" => Ok(Self::Ping),
            "info" => Ok(Self::Info),
            "watch" => match fields.view {
                None => Ok(Self::Watch { view: None }),
                Some(Loose::Number(view)) => Ok(Self::Watch { view: Some(view) }),
                Some(_) => Err(ErrorResponse::new(
                    ErrorCode::ProtocolError,
                    "the field view of watch is a whole number, as info and fetch answer it",
                )),
            },
            _ => Err(decode::unknown_operation("ping, info, get, fetch, watch")),
        }
    }
}

/// Answer to `ping`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PingResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// Version of the broker's build.
    pub broker_version: String,
    /// [`crate::PROTOCOL_VERSION`] of the broker.
    pub protocol_version: u32,
    /// The project that this socket serves.
    pub project: ProjectName,
}

/// Answer to `info`; an unapproved project has an empty allowlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InfoResponse {
    /// Always `true`.
    pub ok: OkTrue,
    /// The project that this socket serves.
    pub project: ProjectName,
    /// Names that the pin allows, sorted.
    pub allowlist: Vec<SecretName>,
    /// Version of the manifest format.
    pub schema_version: u32,
    /// Generation of the snapshot.
    pub generation: u64,
    /// View of this project.
    pub view: u64,
    /// Bindings as pinned.
    pub bindings: Bindings,
}

/// Answer to `get`, as the broker writes it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GetResponse<'a> {
    /// Always `true`.
    pub ok: OkTrue,
    /// The value, in one of two fields.
    #[serde(flatten)]
    pub value: ValueField<'a>,
    /// Scalar or bundle.
    pub kind: Kind,
    /// What is left of the lease, in seconds (R-3.7).
    pub ttl_seconds: u64,
    /// Generation of the snapshot that the value is from.
    pub generation: u64,
}

impl GetResponse<'_> {
    /// Appends the response as one line, newline included. After an error `lines` is as it was.
    ///
    /// The same bytes as through serde, without looking for characters to escape in keys that have none: this is
    /// the one response that is written for every `get`.
    pub fn append_line(&self, lines: &mut Vec<u8>) -> serde_json::Result<()> {
        let start = lines.len();
        let result = self.append_members(lines);
        if result.is_err() {
            lines.truncate(start);
        }
        result
    }

    fn append_members(&self, lines: &mut Vec<u8>) -> serde_json::Result<()> {
        match &self.value {
            ValueField::Text(text) => {
                lines.extend_from_slice(br#"{"ok":true,"value":"#);
                serde_json::to_writer(&mut *lines, text)?;
            }
            ValueField::Base64(bytes) => {
                lines.extend_from_slice(br#"{"ok":true,"value_b64":"#);
                serde_json::to_writer(&mut *lines, bytes)?;
            }
        }
        lines.extend_from_slice(match self.kind {
            Kind::Scalar => br#","kind":"scalar","ttl_seconds":"#,
            Kind::Bundle => br#","kind":"bundle","ttl_seconds":"#,
        });
        serde_json::to_writer(&mut *lines, &self.ttl_seconds)?;
        lines.extend_from_slice(br#","generation":"#);
        serde_json::to_writer(&mut *lines, &self.generation)?;
        lines.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Answer to `get`, as a client reads it.
#[derive(Debug)]
pub struct VendedSecret {
    /// The value; for a bundle its JSON text.
    pub value: Secret,
    /// Scalar or bundle.
    pub kind: Kind,
    /// What is left of the lease, in seconds.
    pub ttl_seconds: u64,
    /// Generation of the snapshot that the value is from.
    pub generation: u64,
}

impl<'de> Deserialize<'de> for VendedSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(rename = "ok")]
            _ok: OkTrue,
            value: Option<Secret>,
            value_b64: Option<Secret>,
            kind: Kind,
            ttl_seconds: u64,
            generation: u64,
        }
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            value: received(fields.value, fields.value_b64).map_err(serde::de::Error::custom)?,
            kind: fields.kind,
            ttl_seconds: fields.ttl_seconds,
            generation: fields.generation,
        })
    }
}

/// Answer to `fetch`, as the broker writes it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchResponse<'a> {
    /// Always `true`.
    pub ok: OkTrue,
    /// Generation of the one snapshot that all values are from.
    pub generation: u64,
    /// View of this project.
    pub view: u64,
    /// The secrets that are there, by name, without those of credential helpers.
    pub secrets: BTreeMap<&'a SecretName, FetchedValue<'a>>,
    /// Names of the pin that are not in the snapshot, sorted.
    pub missing: Vec<&'a SecretName>,
    /// Bindings as pinned.
    pub bindings: &'a Bindings,
    /// Whether nothing is loaded because the broker was started and the vault has not pushed since; absent when not.
    /// What a container has from before was not taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub awaits_push: bool,
}

/// One secret of a [`FetchResponse`].
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedValue<'a> {
    /// The value, in one of two fields.
    #[serde(flatten)]
    pub value: ValueField<'a>,
    /// Scalar or bundle.
    pub kind: Kind,
}

/// Answer to `fetch`, as a client reads it.
#[derive(Debug, Deserialize)]
pub struct FetchedSecrets {
    /// Always `true`.
    pub ok: OkTrue,
    /// Generation of the one snapshot that all values are from.
    pub generation: u64,
    /// View of this project.
    pub view: u64,
    /// The secrets that are there, by name, without those of credential helpers.
    pub secrets: BTreeMap<SecretName, FetchedSecret>,
    /// Names of the pin that are not in the snapshot.
    pub missing: Vec<SecretName>,
    /// Bindings as pinned.
    pub bindings: Bindings,
    /// Whether nothing is loaded because the broker was started and the vault has not pushed since.
    #[serde(default)]
    pub awaits_push: bool,
}

/// One secret of [`FetchedSecrets`].
#[derive(Debug)]
pub struct FetchedSecret {
    /// The value; for a bundle its JSON text.
    pub value: Secret,
    /// Scalar or bundle.
    pub kind: Kind,
}

impl<'de> Deserialize<'de> for FetchedSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            value: Option<Secret>,
            value_b64: Option<Secret>,
            kind: Kind,
        }
        let fields = Fields::deserialize(deserializer)?;
        let value = received(fields.value, fields.value_b64).map_err(serde::de::Error::custom)?;
        Ok(Self { value, kind: fields.kind })
    }
}

/// One line of a `watch` stream: the project's view is another than the client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangedEvent {
    /// Always `true`.
    pub ok: OkTrue,
    /// Always `changed`.
    pub event: ChangedEventName,
    /// Generation of the snapshot.
    pub generation: u64,
    /// The project's view now.
    pub view: u64,
}

/// The one event name of version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ChangedEventName {
    /// What the project could fetch may have changed.
    Changed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_get_response_is_what_serde_would_write() {
        let values: [&[u8]; 4] =
            [b"ghp_x", "quote \" backslash \\ newline \n ä \u{1}".as_bytes(), b"", &[0xff, 0xfe, 0]];
        for value in values {
            for kind in [Kind::Scalar, Kind::Bundle] {
                let response = GetResponse {
                    ok: OkTrue,
                    value: ValueField::new(value),
                    kind,
                    ttl_seconds: 900,
                    generation: u64::MAX,
                };
                let mut lines = b"before".to_vec();
                response.append_line(&mut lines).unwrap();
                let expected = format!("before{}\n", serde_json::to_string(&response).unwrap());
                assert_eq!(String::from_utf8(lines).unwrap(), expected);
            }
        }
    }
}
