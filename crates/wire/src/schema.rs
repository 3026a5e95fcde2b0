//! The JSON Schema of the whole protocol, made from the message types.
//!
//! It describes what this version sends. Within version 2 changes only add, so every object may have further
//! fields; only a bundle of a push may not, because its fields are the secret.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::PROTOCOL_VERSION;
use crate::admin::{
    AdminRequest, DoneResponse, ListResponse, ManifestResponse, PushResponse, RegisterResponse,
    ReloadResponse, StatusResponse,
};
use crate::error::ErrorResponse;
use crate::project::{ChangedEvent, FetchResponse, GetResponse, InfoResponse, PingResponse, ProjectRequest};

/// The schema of all messages of both planes, as `schema/remo-broker.v2.json` holds it.
///
/// Its `$defs` hold every type and the four groups `ProjectPlaneRequest`, `ProjectPlaneResponse`,
/// `AdminPlaneRequest` and `AdminPlaneResponse`; a message is an instance of at least one group. (Not of
/// exactly one: `{"op":"status"}` is a request of one plane, but `{"ok":true}` begins many responses.)
pub fn json_schema() -> Value {
    // What is described is what is written: a field that is always there is required.
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let groups = groups(&mut generator);
    let mut definitions: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    let names: Vec<Value> = groups.iter().map(|group| reference(group.name)).collect();
    for group in groups {
        definitions.insert(
            group.name.to_owned(),
            json!({ "description": group.description, "anyOf": group.members }),
        );
    }
    definitions.sort_keys();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("remo-broker wire protocol, version {PROTOCOL_VERSION}"),
        "description": "One message: a line of newline-delimited JSON on a project socket or on the admin socket.",
        "anyOf": names,
        "$defs": definitions,
    })
}

struct Group {
    name: &'static str,
    description: &'static str,
    members: Vec<Value>,
}

fn groups(generator: &mut SchemaGenerator) -> [Group; 4] {
    [
        Group {
            name: "ProjectPlaneRequest",
            description: "What a container may ask on its project socket; at most 64 KiB.",
            members: vec![member::<ProjectRequest<'static>>(generator)],
        },
        Group {
            name: "ProjectPlaneResponse",
            description: "What a project socket answers: to ping, info, get and fetch, and the events of watch.",
            members: vec![
                member::<PingResponse>(generator),
                member::<InfoResponse>(generator),
                member::<GetResponse<'static>>(generator),
                member::<FetchResponse<'static>>(generator),
                member::<ChangedEvent>(generator),
                member::<ErrorResponse>(generator),
            ],
        },
        Group {
            name: "AdminPlaneRequest",
            description: "What the vault and the host tools may ask; at most 64 KiB, push-creds 1 MiB.",
            members: vec![member::<AdminRequest>(generator)],
        },
        Group {
            name: "AdminPlaneResponse",
            description: "What the admin socket answers; never a value.",
            members: vec![
                member::<RegisterResponse>(generator),
                member::<DoneResponse>(generator),
                member::<ManifestResponse>(generator),
                member::<ReloadResponse>(generator),
                member::<PushResponse>(generator),
                member::<ListResponse>(generator),
                member::<StatusResponse>(generator),
                member::<ErrorResponse>(generator),
            ],
        },
    ]
}

fn member<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}
