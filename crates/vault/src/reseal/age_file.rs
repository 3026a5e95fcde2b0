//! One age file under another key: the embedded store, the records of logins, and copies of either.

use remo_secret::Secret;

use super::Keys;
use crate::store::{SealedError, open, seal};

/// `content` sealed for the new key; `None` when it is so already.
///
/// # Errors
/// When neither key opens it.
pub(super) fn reseal(keys: &Keys, content: &[u8]) -> Result<Option<Secret>, SealedError> {
    match open(&keys.old, content) {
        Ok(plaintext) => seal(&keys.new, &plaintext)
            .map(|sealed| Some(Secret::new(sealed)))
            .map_err(|_| SealedError::Damaged),
        Err(error) => open(&keys.new, content).map(|_| None).map_err(|_| error),
    }
}

/// Whether `resealed` holds under the new key alone what `content` holds under either.
pub(super) fn is_faithful(keys: &Keys, content: &[u8], resealed: &[u8]) -> bool {
    match (open(&keys.old, content), open(&keys.new, resealed)) {
        (Ok(before), Ok(after)) => before == after,
        _ => false,
    }
}
