//! What a value means: one string, or a bundle of named strings (R-6.2).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::names::FieldName;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Why a JSON object of strings is not a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleError {
    /// A field has a name that R-3.6 does not allow.
    FieldName,
    /// A field occurs twice.
    Repeated,
}

impl fmt::Display for BundleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FieldName => {
                "the value is a JSON object, but a field's name is not 1 to 128 characters out of A-Z, a-z, \
                 0-9 and _, beginning with a letter or _"
            }
            Self::Repeated => "the value is a JSON object in which a field occurs twice",
        })
    }
}

impl std::error::Error for BundleError {}

/// Takes a JSON object of strings as a bundle and everything else as it is: other JSON, an empty object,
/// text, bytes.
pub fn interpret(value: Secret) -> Result<PushedSecret, BundleError> {
    let object = value
        .expose_text()
        .filter(|text| text.trim_start().starts_with('{'))
        .and_then(|text| serde_json::from_str::<Object>(text).ok());
    let Some(Object { fields, only_strings: true }) = object else {
        return Ok(PushedSecret::Scalar(value));
    };
    if fields.is_empty() {
        return Ok(PushedSecret::Scalar(value));
    }
    let mut bundle = BTreeMap::new();
    for (name, value) in fields {
        let name = FieldName::new(&name).map_err(|_| BundleError::FieldName)?;
        match bundle.entry(name) {
            Entry::Occupied(_) => return Err(BundleError::Repeated),
            Entry::Vacant(vacant) => vacant.insert(value),
        };
    }
    Ok(PushedSecret::Bundle(bundle))
}

/// The value as the broker vends it: a bundle as compact JSON text.
pub fn vended(value: &PushedSecret) -> serde_json::Result<Secret> {
    match value {
        PushedSecret::Scalar(value) => Ok(value.duplicate()),
        PushedSecret::Bundle(fields) => serde_json::to_vec(fields).map(Secret::new),
    }
}

/// A JSON object, its strings in the order in which they occur.
struct Object {
    fields: Vec<(String, Secret)>,
    only_strings: bool,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object { fields: Vec::new(), only_strings: true };
        while let Some(name) = map.next_key()? {
            match map.next_value()? {
                Member::Text(value) => object.fields.push((name, value)),
                Member::Other => object.only_strings = false,
            }
        }
        Ok(object)
    }
}

enum Member {
    Text(Secret),
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(Secret::new(text.as_bytes().to_vec())))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Member, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreted(text: &str) -> Result<PushedSecret, BundleError> {
        interpret(Secret::from_text(text.to_owned()))
    }

    #[test]
    fn an_object_of_strings_is_a_bundle() {
        let value = interpreted(" {\"user\": \"me\", \"password\": \"\\u00e4 \\\"x\\\"\"}\n").unwrap();
        let PushedSecret::Bundle(fields) = &value else { panic!("not a bundle") };
        assert_eq!(fields["user"].expose_text(), Some("me"));
        assert_eq!(fields["password"].expose_text(), Some("ä \"x\""));
        assert_eq!(vended(&value).unwrap().expose_text(), Some(r#"{"password":"ä \"x\"","user":"me"}"#));
    }

    #[test]
    fn everything_else_is_a_scalar_as_it_is() {
        for text in [
            "",
            "ghp_x",
            "{}",
            "{\"a\":1}",
            "{\"a\":\"x\",\"b\":[{\"c\":null}]}",
            "[\"a\"]",
            "{\"a\":\"x\",}",
            "{a}",
        ] {
            assert_eq!(
                interpreted(text).unwrap(),
                PushedSecret::Scalar(Secret::from_text(text.into())),
                "{text}"
            );
        }
        let bytes = vec![b'{', 0xff];
        assert_eq!(interpret(Secret::new(bytes.clone())).unwrap(), PushedSecret::Scalar(Secret::new(bytes)));
    }

    #[test]
    fn an_object_of_strings_that_cannot_be_a_bundle_is_an_error() {
        assert_eq!(interpreted(r#"{"a-b":"x"}"#), Err(BundleError::FieldName));
        assert_eq!(interpreted(r#"{"a":"x","a":"y"}"#), Err(BundleError::Repeated));
    }
}
