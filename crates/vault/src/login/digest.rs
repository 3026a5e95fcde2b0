//! Whether the store still holds what a login put there: by a digest, which is kept in the encrypted records only.

use std::fmt::Write as _;

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::source::Reading;
use crate::value;

/// What became of the credential of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Present {
    /// It is in the store.
    Same,
    /// The secret is not in the store any more.
    Removed,
    /// The secret has another value.
    Replaced,
    /// Its entry cannot be read.
    Unreadable,
}

/// The digest of `value` as it is vended, so that it is the same out of every kind of store.
pub(super) fn of(value: &PushedSecret) -> String {
    let mut text = String::new();
    if let Ok(vended) = value::vended(value) {
        for byte in Sha256::digest(vended.expose()) {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}

/// What became of the value, of one of `digests`, that was stored as `name`.
pub(super) fn present(digests: &[String], name: &SecretName, reading: &Reading) -> Present {
    match reading.secrets.get(name) {
        Some(entry) if digests.contains(&of(&entry.value)) => Present::Same,
        Some(_) => Present::Replaced,
        None if reading.faults.contains_key(name) => Present::Unreadable,
        None => Present::Removed,
    }
}
