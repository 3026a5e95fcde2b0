//! The three kinds of names and what they may look like.
//!
//! A value of these types has been checked: code that holds one may use it as a file name, in a log line or
//! in a message without escaping.

use std::borrow::Borrow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// The longest secret or bundle field name, in bytes.
pub const SECRET_NAME_MAX: usize = 128;

/// The longest project name, in bytes.
pub const PROJECT_NAME_MAX: usize = 64;

/// The vault's own name, which no project can take.
pub const VAULT_NAME: &str = "_remo-vault";

/// Project names that match the pattern but would collide with the product's own: `admin` because the link
/// `<socket dir>/admin.sock` is the admin socket.
pub const RESERVED_PROJECT_NAMES: &[&str] = &["admin"];

/// Why a text is not a name. The message never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidName {
    rule: &'static str,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.rule)
    }
}

impl std::error::Error for InvalidName {}

macro_rules! name_type {
    ($(#[$meta:meta])* $name:ident, pattern: $pattern:literal, rule: $rule:literal, check: $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The pattern that every name of this kind matches, as an anchored regular expression.
            pub const PATTERN: &'static str = $pattern;

            /// Checks `text` and takes a copy of it.
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(InvalidName { rule: $rule }) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

name_type! {
    /// The name of a secret in a snapshot.
    SecretName,
    pattern: "^[A-Za-z0-9_]{1,128}$",
    rule: "a secret name has 1 to 128 characters out of A-Z, a-z, 0-9 and _",
    check: |text| {
        (1..=SECRET_NAME_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }
}

name_type! {
    /// The name of a field in a bundle.
    FieldName,
    pattern: "^[A-Za-z_][A-Za-z0-9_]{0,127}$",
    rule: "a field name has 1 to 128 characters out of A-Z, a-z, 0-9 and _, and does not begin with a digit",
    check: |text| {
        text.len() <= SECRET_NAME_MAX
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }
}

name_type! {
    /// The name of a project: the base name of its directory.
    ProjectName,
    pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
    rule: "a project name has 1 to 64 characters out of a-z, 0-9, _ and -, begins with a letter or digit, \
           and is not the reserved name admin",
    check: |text| {
        text.len() <= PROJECT_NAME_MAX
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
            && !RESERVED_PROJECT_NAMES.contains(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_word_characters() {
        for good in ["gh", "A", "0", "_", "openai_api_key", &"x".repeat(128)] {
            assert!(SecretName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a-b", "a.b", "a b", "ä", "a\n", "../x", &"x".repeat(129)] {
            assert!(SecretName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn field_names_are_identifiers() {
        assert!(FieldName::new("aws_access_key_id").is_ok());
        assert!(FieldName::new("_x").is_ok());
        for bad in ["", "1a", "a-b", "$b64", &"x".repeat(129)] {
            assert!(FieldName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn project_names_are_safe_file_names_and_not_ours() {
        for good in ["a", "0", "project-a", "a_b", &"a".repeat(64)] {
            assert!(ProjectName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", VAULT_NAME, "admin", "A", "a/b", "..", "a.b", &"a".repeat(65)] {
            assert!(ProjectName::new(bad).is_err(), "{bad}");
        }
    }
}
