//! Values on the wire: text as it is, other bytes as base64, bundles as compact JSON text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remo_secret::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether a secret is one string or a set of named fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One string.
    Scalar,
    /// Named string fields; travels as compact JSON text.
    Bundle,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Scalar => "scalar",
            Self::Bundle => "bundle",
        })
    }
}

/// A borrowed value as it is written into a response: exactly one of the two fields is present.
///
/// Serialized into the enclosing object with `#[serde(flatten)]`.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ValueField<'a> {
    /// A value that is UTF-8.
    #[serde(rename = "value")]
    Text(ExposedText<'a>),
    /// A value that is not, in standard base64 with padding.
    #[serde(rename = "value_b64")]
    Base64(ExposedBytes<'a>),
}

impl<'a> ValueField<'a> {
    /// Chooses the field by whether `bytes` are UTF-8.
    pub fn new(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(ExposedText(text)),
            Err(_) => Self::Base64(ExposedBytes(bytes)),
        }
    }
}

/// Borrowed secret text on its way into a response; prints nothing of itself.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExposedText<'a>(&'a str);

/// Borrowed secret bytes on their way into a response; prints nothing of itself.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExposedBytes<'a>(#[cfg_attr(feature = "schema", schemars(with = "String"))] &'a [u8]);

impl fmt::Debug for ExposedText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ExposedText(…)")
    }
}

impl fmt::Debug for ExposedBytes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ExposedBytes(…)")
    }
}

impl Serialize for ExposedText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl Serialize for ExposedBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // On the heap, where it is wiped: the encoder's own buffer for streaming lies on the stack.
        match encode_base64(self.0).expose_text() {
            Some(text) => serializer.serialize_str(text),
            None => Err(serde::ser::Error::custom("base64 is text")),
        }
    }
}

/// A value as a client receives it: bytes, whichever field carried them.
#[derive(Debug)]
pub struct ReceivedValue(pub Secret);

impl<'de> Deserialize<'de> for ReceivedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            value: Option<Secret>,
            value_b64: Option<Secret>,
        }
        let fields = Fields::deserialize(deserializer)?;
        received(fields.value, fields.value_b64).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Joins the two fields in which a value may arrive.
pub(crate) fn received(value: Option<Secret>, value_b64: Option<Secret>) -> Result<Secret, &'static str> {
    match (value, value_b64) {
        (Some(text), None) => Ok(text),
        (None, Some(encoded)) => decode_base64(&encoded).ok_or("value_b64 is not standard base64"),
        (Some(_), Some(_)) => Err("both value and value_b64 are present"),
        (None, None) => Err("neither value nor value_b64 is present"),
    }
}

/// Decodes standard base64 with padding; `None` when it is not that.
pub fn decode_base64(encoded: &Secret) -> Option<Secret> {
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let complete = STANDARD.decode_vec(encoded.expose(), &mut bytes).is_ok();
    // Owned by a secret either way, so that what was decoded before an error is wiped too.
    let decoded = Secret::new(bytes);
    complete.then_some(decoded)
}

/// Encodes bytes as standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> Secret {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    STANDARD.encode_string(bytes, &mut text);
    Secret::from_text(text)
}
