//! The `"ok"` field of a response.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// `"ok": true`, as every successful response carries it first. Decoding refuses `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OkTrue;

/// `"ok": false`, as every error response carries it first. Decoding refuses `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OkFalse;

impl Serialize for OkTrue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl Serialize for OkFalse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

impl<'de> Deserialize<'de> for OkTrue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? { Ok(Self) } else { Err(D::Error::custom("`ok` is not true")) }
    }
}

impl<'de> Deserialize<'de> for OkFalse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? { Err(D::Error::custom("`ok` is not false")) } else { Ok(Self) }
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{OkFalse, OkTrue};

    impl JsonSchema for OkTrue {
        fn schema_name() -> Cow<'static, str> {
            "OkTrue".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "const": true })
        }

        fn inline_schema() -> bool {
            true
        }
    }

    impl JsonSchema for OkFalse {
        fn schema_name() -> Cow<'static, str> {
            "OkFalse".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "const": false })
        }

        fn inline_schema() -> bool {
            true
        }
    }
}
