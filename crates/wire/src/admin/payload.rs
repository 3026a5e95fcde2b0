//! The payload of `push-creds`: decoded straight into [`Secret`]s, refused as a whole when one part is wrong.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::fmt;

use remo_secret::Secret;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::error::Category;

use crate::error::{ErrorCode, ErrorResponse};
use crate::names::{FieldName, SecretName};
use crate::value::{decode_base64, encode_base64};

use problem::Problem;

mod problem;

/// The field that marks a value in base64. No bundle field can have this name.
const BASE64_FIELD: &str = "$b64";

/// A complete snapshot on its way to the broker.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PushPayload {
    /// The secrets, by name.
    pub secrets: BTreeMap<SecretName, PushedSecret>,
    /// Names that hold the value that the broker has.
    pub keep: BTreeSet<SecretName>,
    /// Push only while the broker's generation is this one: a push that was decided on an older state of affairs,
    /// before a clear for instance, is refused. Without it the push always counts.
    pub if_generation: Option<u64>,
}

/// One secret of a [`PushPayload`].
#[derive(Debug, PartialEq, Eq)]
pub enum PushedSecret {
    /// One string, of any bytes.
    Scalar(Secret),
    /// Named fields, at least one.
    Bundle(BTreeMap<FieldName, Secret>),
}

impl PushPayload {
    /// Decodes the whole `push-creds` request.
    pub(super) fn decode(text: &str) -> Result<Self, ErrorResponse> {
        let mut problem = None;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let result = PayloadSeed { problem: &mut problem }
            .deserialize(&mut deserializer)
            .and_then(|payload| deserializer.end().map(|()| payload));
        result.map_err(|error| {
            let problem = match problem {
                Some(problem) if error.classify() == Category::Data => problem,
                // The line is JSON, so what is left is a string or a number that has no value.
                _ if error.classify() == Category::Syntax => Problem::NoValue,
                _ => Problem::NotAnObject,
            };
            ErrorResponse::new(ErrorCode::InvalidPayload, format!("{problem} (column {})", error.column()))
        })
    }
}

type Noted<'p> = &'p mut Option<Problem>;

/// Records `problem` and makes the decoder stop.
fn refuse<E: de::Error>(noted: &mut Option<Problem>, problem: Problem) -> E {
    *noted = Some(problem);
    E::custom("invalid payload")
}

struct PayloadSeed<'p> {
    problem: Noted<'p>,
}

impl<'de> DeserializeSeed<'de> for PayloadSeed<'_> {
    type Value = PushPayload;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PushPayload, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PayloadSeed<'_> {
    type Value = PushPayload;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a push-creds request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PushPayload, A::Error> {
        let (mut secrets, mut keep, mut if_generation) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "secrets" if secrets.is_some() => {
                    return Err(refuse(self.problem, Problem::Repeated("secrets")));
                }
                "secrets" => secrets = Some(map.next_value_seed(SecretsSeed { problem: self.problem })?),
                "keep" if keep.is_some() => return Err(refuse(self.problem, Problem::Repeated("keep"))),
                "keep" => keep = Some(map.next_value_seed(KeepSeed { problem: self.problem })?),
                "if_generation" if if_generation.is_some() => {
                    return Err(refuse(self.problem, Problem::Repeated("if_generation")));
                }
                "if_generation" => {
                    if_generation = Some(map.next_value_seed(GenerationSeed { problem: self.problem })?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let Some(secrets) = secrets else { return Err(refuse(self.problem, Problem::SecretsMissing)) };
        let keep = keep.unwrap_or_default();
        if let Some(name) = keep.iter().find(|name| secrets.contains_key(*name)) {
            let name = name.clone();
            return Err(refuse(self.problem, Problem::PushedAndKept(name)));
        }
        Ok(PushPayload { secrets, keep, if_generation })
    }
}

struct SecretsSeed<'p> {
    problem: Noted<'p>,
}

impl<'de> DeserializeSeed<'de> for SecretsSeed<'_> {
    type Value = BTreeMap<SecretName, PushedSecret>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SecretsSeed<'_> {
    type Value = BTreeMap<SecretName, PushedSecret>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of secrets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut secrets = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let Ok(name) = SecretName::new(&key) else {
                return Err(refuse(self.problem, Problem::NotASecretName));
            };
            let secret = map.next_value_seed(SecretSeed { name: &name, problem: self.problem })?;
            match secrets.entry(name) {
                btree_map::Entry::Occupied(entry) => {
                    return Err(refuse(self.problem, Problem::RepeatedSecret(entry.key().clone())));
                }
                btree_map::Entry::Vacant(entry) => entry.insert(secret),
            };
        }
        Ok(secrets)
    }
}

struct SecretSeed<'p> {
    name: &'p SecretName,
    problem: Noted<'p>,
}

impl SecretSeed<'_> {
    fn wrong_type<E: de::Error>(self) -> E {
        let problem = Problem::WrongType(self.name.clone());
        refuse(self.problem, problem)
    }
}

impl<'de> DeserializeSeed<'de> for SecretSeed<'_> {
    type Value = PushedSecret;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PushedSecret, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SecretSeed<'_> {
    type Value = PushedSecret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PushedSecret, E> {
        Ok(PushedSecret::Scalar(Secret::new(text.as_bytes().to_vec())))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<PushedSecret, E> {
        Err(self.wrong_type())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<PushedSecret, E> {
        Err(self.wrong_type())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<PushedSecret, E> {
        Err(self.wrong_type())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<PushedSecret, E> {
        Err(self.wrong_type())
    }

    fn visit_unit<E: de::Error>(self) -> Result<PushedSecret, E> {
        Err(self.wrong_type())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<PushedSecret, A::Error> {
        Err(self.wrong_type())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PushedSecret, A::Error> {
        let mut fields = BTreeMap::new();
        let mut encoded = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == BASE64_FIELD {
                if encoded.is_some() {
                    return Err(refuse(self.problem, Problem::RepeatedField(self.name.clone())));
                }
                encoded = Some(map.next_value_seed(StringSeed { name: self.name, problem: self.problem })?);
                continue;
            }
            let Ok(field) = FieldName::new(&key) else {
                return Err(refuse(self.problem, Problem::NotAFieldName));
            };
            let value = map.next_value_seed(StringSeed { name: self.name, problem: self.problem })?;
            if fields.insert(field, value).is_some() {
                return Err(refuse(self.problem, Problem::RepeatedField(self.name.clone())));
            }
        }
        match encoded {
            None if fields.is_empty() => Err(refuse(self.problem, Problem::EmptyBundle(self.name.clone()))),
            None => Ok(PushedSecret::Bundle(fields)),
            Some(_) if !fields.is_empty() => Err(self.wrong_type()),
            Some(encoded) => decode_base64(&encoded)
                .map(PushedSecret::Scalar)
                .ok_or_else(|| refuse(self.problem, Problem::NotBase64(self.name.clone()))),
        }
    }
}

/// A string inside a secret: a field of a bundle, or base64.
struct StringSeed<'p> {
    name: &'p SecretName,
    problem: Noted<'p>,
}

impl<'de> DeserializeSeed<'de> for StringSeed<'_> {
    type Value = Secret;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Secret, D::Error> {
        let result = serde::Deserialize::deserialize(deserializer);
        if result.is_err() {
            *self.problem = Some(Problem::WrongType(self.name.clone()));
        }
        result
    }
}

struct KeepSeed<'p> {
    problem: Noted<'p>,
}

impl<'de> DeserializeSeed<'de> for KeepSeed<'_> {
    type Value = BTreeSet<SecretName>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let result = serde::Deserialize::deserialize(deserializer);
        if result.is_err() {
            *self.problem = Some(Problem::KeepNotNames);
        }
        result
    }
}

struct GenerationSeed<'p> {
    problem: Noted<'p>,
}

impl<'de> DeserializeSeed<'de> for GenerationSeed<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        let result = serde::Deserialize::deserialize(deserializer);
        if result.is_err() {
            *self.problem = Some(Problem::GenerationNotNumber);
        }
        result
    }
}

impl Serialize for PushPayload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("secrets", &self.secrets)?;
        if !self.keep.is_empty() {
            map.serialize_entry("keep", &self.keep)?;
        }
        if let Some(generation) = self.if_generation {
            map.serialize_entry("if_generation", &generation)?;
        }
        map.end()
    }
}

impl Serialize for PushedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) if value.expose_text().is_some() => value.serialize(serializer),
            Self::Scalar(value) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(BASE64_FIELD, &encode_base64(value.expose()))?;
                map.end()
            }
            Self::Bundle(fields) => fields.serialize(serializer),
        }
    }
}

#[cfg(feature = "schema")]
mod schema;
