//! Decoding of one request line: strict UTF-8, borrowed where possible, and errors that never repeat input.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::error::Category;

use crate::error::{ErrorCode, ErrorResponse};

/// Text out of a request, borrowed from the line unless it was written with escapes.
///
/// `Cow` alone would copy always: serde borrows only where a type asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Text<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A field that only some operations of a plane have. On the others it is an unknown field, which may be
/// anything, so that its type is judged where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loose<'a> {
    /// A string.
    Text(Text<'a>),
    /// A whole number that is not negative.
    Number(u64),
    /// Anything else.
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor;
        impl<'de> Visitor<'de> for LooseVisitor {
            type Value = Loose<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Loose<'de>, E> {
                Ok(Loose::Text(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Loose<'de>, E> {
                Ok(Loose::Text(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Loose<'de>, E> {
                Ok(Loose::Number(number))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Loose<'de>, E> {
                Ok(Loose::Other)
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Loose<'de>, E> {
                Ok(Loose::Other)
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Loose<'de>, E> {
                Ok(Loose::Other)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Loose<'de>, E> {
                Ok(Loose::Other)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Loose<'de>, A::Error> {
                IgnoredAny.visit_seq(seq).map(|_| Loose::Other)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Loose<'de>, A::Error> {
                IgnoredAny.visit_map(map).map(|_| Loose::Other)
            }
        }
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// Decodes `line` as one JSON object of type `T`; every failure is a `protocol_error` without input in it.
pub(crate) fn object<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, ErrorResponse> {
    from_object(text(line)?)
}

/// Decodes `text` as one JSON object of type `T`; every failure is a `protocol_error` without input in it.
pub(crate) fn from_object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ErrorResponse> {
    // Checked first: derived code would also take an array, its elements as the fields in their order.
    match text.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        Some(b'{') => serde_json::from_str(text).map_err(|error| protocol_error(&error)),
        Some(_) => {
            Err(ErrorResponse::new(ErrorCode::ProtocolError, "the request does not begin as a JSON object"))
        }
        None => Err(ErrorResponse::new(ErrorCode::ProtocolError, "the request line is empty")),
    }
}

/// The line as text.
pub(crate) fn text(line: &[u8]) -> Result<&str, ErrorResponse> {
    // Checked as a whole: the JSON parser would let invalid bytes pass in fields that it skips.
    std::str::from_utf8(line).map_err(|error| {
        ErrorResponse::new(
            ErrorCode::ProtocolError,
            format!("the request is not UTF-8 (byte {})", error.valid_up_to() + 1),
        )
    })
}

/// Words for a decoding error. The parser's own words may quote the input, so only its position is used.
pub(crate) fn protocol_error(error: &serde_json::Error) -> ErrorResponse {
    let column = error.column();
    let message = match error.classify() {
        Category::Eof => format!("the request is not a complete JSON object (column {column})"),
        Category::Data => format!(
            "the request is not a JSON object with the fields of its operation: \
             a field is missing, repeated or of a wrong type (column {column})"
        ),
        Category::Syntax | Category::Io => format!("the request is not valid JSON (column {column})"),
    };
    ErrorResponse::new(ErrorCode::ProtocolError, message)
}

/// The answer to an operation that this plane does not have.
pub(crate) fn unknown_operation(known: &str) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::ProtocolError, format!("unknown operation; this socket knows {known}"))
}
