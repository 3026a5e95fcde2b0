//! The one type for secret bytes.
//!
//! A [`Secret`] is wiped when it is dropped, prints nothing of itself and cannot be cloned by accident.
//! Every place that reads its bytes says so by name: [`Secret::expose`] and [`Secret::expose_text`] are the
//! only ways in, so a search for `expose` lists every use of a plaintext value in the product.
//!
//! Wiping covers the buffer that a `Secret` owns. Buffers that a value passed through on its way (a decoder's
//! scratch space, a reallocated vector) are covered by the wiping allocator of `remo-sys`, which every binary
//! of the product installs.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

/// Secret bytes of any length, UTF-8 or not.
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// Takes ownership of `bytes`; no copy is made.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Zeroizing::new(bytes) }
    }

    /// Takes ownership of the text; no copy is made.
    pub fn from_text(text: String) -> Self {
        Self::new(text.into_bytes())
    }

    /// The plaintext bytes.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The plaintext as text, or `None` when it is not UTF-8.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// A second, separately wiped copy. Named, because each copy is one more place that holds the value.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new(self.bytes.to_vec())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the value has no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends `more`; the old buffer is wiped when it has to move.
    pub fn append(&mut self, more: &[u8]) {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(needed.max(self.bytes.capacity() * 2));
            larger.extend_from_slice(&self.bytes);
            self.bytes = Zeroizing::new(larger);
        }
        self.bytes.extend_from_slice(more);
    }

    /// Wipes the content and leaves an empty secret.
    pub fn wipe(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    /// Says that something is there, not how long it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    /// Compares without stopping at the first difference, so that time tells nothing but the length.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.bytes.iter().zip(other.bytes.iter()).fold(0, |difference, (a, b)| difference | (a ^ b))
                == 0
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    /// A JSON string.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Secret;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text.as_bytes().to_vec()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Secret, E> {
                Ok(Secret::from_text(text))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl Serialize for Secret {
    /// A JSON string; fails for bytes that are not UTF-8, which have an encoding of their own on the wire.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.expose_text() {
            Some(text) => serializer.serialize_str(text),
            None => Err(serde::ser::Error::custom("a secret that is not UTF-8 has no text form")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_value_nor_length() {
        let short = format!("{:?}", Secret::from_text("a".into()));
        let long = format!("{:?}", Secret::from_text("tripwire-tripwire".into()));
        assert_eq!(short, long);
        assert!(!long.contains("tripwire"));
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::from_text("same".into()), Secret::new(b"same".to_vec()));
        assert_ne!(Secret::from_text("same".into()), Secret::from_text("sama".into()));
        assert_ne!(Secret::from_text("same".into()), Secret::from_text("same ".into()));
    }

    #[test]
    fn append_keeps_the_content_in_order() {
        let mut secret = Secret::new(Vec::new());
        for byte in 0..=u8::MAX {
            secret.append(&[byte]);
        }
        assert_eq!(secret.expose(), (0..=u8::MAX).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_that_are_not_text_do_not_serialize() {
        assert!(serde_json::to_string(&Secret::new(vec![0xff])).is_err());
    }
}
