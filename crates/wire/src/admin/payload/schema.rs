//! The JSON Schema of a `push-creds` payload, which is decoded by hand and so described by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{PushPayload, PushedSecret};
use crate::names::{FieldName, SecretName};

impl JsonSchema for PushPayload {
    fn schema_name() -> Cow<'static, str> {
        "PushPayload".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let secret = generator.subschema_for::<PushedSecret>();
        let name = generator.subschema_for::<SecretName>();
        json_schema!({
            "type": "object",
            "properties": {
                "secrets": {
                    "type": "object",
                    "patternProperties": { (SecretName::PATTERN): secret },
                    "additionalProperties": false,
                },
                "keep": { "type": "array", "items": name, "uniqueItems": true },

                "if_generation": { "type": "integer", "minimum": 0 },
            },
            "required": ["secrets"],
        })
    }
}

impl JsonSchema for PushedSecret {
    fn schema_name() -> Cow<'static, str> {
        "PushedSecret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "$b64": { "type": "string", "contentEncoding": "base64" } },
                    "required": ["$b64"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "patternProperties": { (FieldName::PATTERN): { "type": "string" } },
                    "additionalProperties": false,
                    "minProperties": 1,
                },
            ],
        })
    }
}
