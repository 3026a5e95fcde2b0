//! How a value stands in a fnox entry, which holds text only.
//!
//! Text stands as it is, a bundle as a JSON object of its fields. What neither can carry (bytes that are not
//! UTF-8, a NUL byte, a JSON object of strings that is meant as text) stands as `{"$b64":"…"}`, standard base64,
//! the same marker as on the wire. No bundle has a field of that name.

use std::collections::BTreeMap;

use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::value::{decode_base64, encode_base64};

use super::Fault;
use crate::value::interpret;

/// The only member of an object that stands for bytes.
const MARKER: &str = "$b64";

/// What the text of an entry means.
pub(crate) fn decode(text: Secret) -> Result<PushedSecret, Fault> {
    if let Some(encoded) = marked(&text) {
        return decode_base64(&encoded)
            .map(PushedSecret::Scalar)
            .ok_or_else(|| Fault::new("what its \"$b64\" holds is not standard base64"));
    }
    interpret(text).map_err(|error| Fault::new(error.to_string()))
}

/// The text of an entry that means `value`.
pub(crate) fn encode(value: &PushedSecret) -> serde_json::Result<Secret> {
    match value {
        PushedSecret::Bundle(fields) => serde_json::to_vec(fields).map(Secret::new),
        PushedSecret::Scalar(scalar) => {
            let as_it_is = scalar.expose_text().is_some()
                && !scalar.expose().contains(&0)
                && matches!(decode(scalar.duplicate()), Ok(PushedSecret::Scalar(same)) if same == *scalar);
            if as_it_is {
                return Ok(scalar.duplicate());
            }
            let encoded = encode_base64(scalar.expose());
            serde_json::to_vec(&BTreeMap::from([(MARKER, &encoded)])).map(Secret::new)
        }
    }
}

/// What the marker holds, when `text` is such an object and nothing else.
fn marked(text: &Secret) -> Option<Secret> {
    let text = text.expose_text().filter(|text| text.trim_start().starts_with('{'))?;
    let mut object = serde_json::from_str::<BTreeMap<String, Secret>>(text).ok()?;
    let encoded = object.remove(MARKER)?;
    object.is_empty().then_some(encoded)
}

#[cfg(test)]
mod tests {
    use remo_wire::names::FieldName;

    use super::*;

    fn scalar(bytes: &[u8]) -> PushedSecret {
        PushedSecret::Scalar(Secret::new(bytes.to_vec()))
    }

    #[test]
    fn every_value_comes_back_as_it_went_in() {
        let bundle = PushedSecret::Bundle(
            [(FieldName::new("user").unwrap(), Secret::from_text("a\0\"b".into()))].into_iter().collect(),
        );
        let values = [
            bundle,
            scalar(b""),
            scalar(b" token \n"),
            scalar(&[0xff, 0]),
            scalar(b"a\0b"),
            scalar(br#"{"user":"me"}"#),
            scalar(br#"{"a-b":"no field name"}"#),
            scalar(br#"{"$b64":"AP8="}"#),
            scalar(br#"{"$b64":"*"}"#),
            scalar(br#"{"a":1}"#),
        ];
        for value in values {
            let text = encode(&value).unwrap();
            assert!(text.expose_text().is_some_and(|text| !text.contains('\0')));
            assert_eq!(decode(text).unwrap(), value);
        }
    }

    #[test]
    fn what_a_person_writes_is_understood() {
        let decode = |text: &str| decode(Secret::from_text(text.to_owned()));
        assert_eq!(decode("ghp_x").unwrap(), scalar(b"ghp_x"));
        assert_eq!(decode(" {\"$b64\": \"AP8=\"}\n").unwrap(), scalar(&[0, 0xff]));
        assert!(matches!(decode(r#"{"user":"me"}"#), Ok(PushedSecret::Bundle(_))));
        assert_eq!(
            decode(r#"{"$b64":"AP8"}"#).unwrap_err().to_string(),
            "what its \"$b64\" holds is not standard base64"
        );
        assert!(decode(r#"{"$b64":"AP8=","more":"x"}"#).is_err());
    }
}
