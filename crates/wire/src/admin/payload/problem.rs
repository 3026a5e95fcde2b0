//! What can be wrong with a `push-creds` payload.

use std::fmt;

use crate::names::SecretName;

/// What is wrong with a payload, in words of our own: the decoder's words may quote a value.
#[derive(Debug)]
pub(super) enum Problem {
    NotAnObject,
    NoValue,
    SecretsMissing,
    Repeated(&'static str),
    NotASecretName,
    NotAFieldName,
    RepeatedSecret(SecretName),
    RepeatedField(SecretName),
    WrongType(SecretName),
    EmptyBundle(SecretName),
    NotBase64(SecretName),
    PushedAndKept(SecretName),
    KeepNotNames,
    /// `if_generation` is not a whole number.
    GenerationNotNumber,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => formatter.write_str("the field secrets of push-creds is not an object"),
            Self::NoValue => {
                formatter.write_str("a string holds an escape that is no character, or a number is out of range")
            }
            Self::SecretsMissing => formatter.write_str("push-creds needs the field secrets, an object"),
            Self::Repeated(field) => write!(formatter, "the field {field} occurs twice"),
            Self::NotASecretName => {
                formatter.write_str("a secret's name is not 1 to 128 characters out of A-Z, a-z, 0-9 and _")
            }
            Self::NotAFieldName => formatter.write_str(
                "a bundle field's name is not 1 to 128 characters out of A-Z, a-z, 0-9 and _, not beginning with a digit",
            ),
            Self::RepeatedSecret(name) => write!(formatter, "the secret {name} occurs twice"),
            Self::RepeatedField(name) => write!(formatter, "a field of the bundle {name} occurs twice"),
            Self::WrongType(name) => write!(
                formatter,
                "the secret {name} is neither a string, nor an object of strings, nor {{\"$b64\": \"…\"}}"
            ),
            Self::EmptyBundle(name) => write!(formatter, "the bundle {name} has no field"),
            Self::NotBase64(name) => write!(formatter, "the $b64 value of {name} is not standard base64 with padding"),
            Self::PushedAndKept(name) => write!(formatter, "the secret {name} is both in secrets and in keep"),
            Self::GenerationNotNumber => formatter.write_str("if_generation is not a whole number"),
            Self::KeepNotNames => formatter.write_str("keep is not an array of secret names"),
        }
    }
}
