//! The encryption of the store: one age file, binary form, for the vault key alone.

use std::fmt;
use std::io::{self, Read as _, Write as _};

use age::{DecryptError, Decryptor, Encryptor};
use remo_secret::Secret;

use crate::key::VaultKey;

/// What every age file begins with, whatever its version.
pub(crate) const MAGIC: &[u8] = b"age-encryption.org/";

/// Why a ciphertext does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedError {
    /// The file is empty.
    Empty,
    /// The file is not in the age format.
    NotAge,
    /// It is sealed for another key.
    WrongKey,
    /// It was changed or cut after it was written.
    Damaged,
}

impl fmt::Display for SealedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the file is empty",
            Self::NotAge => "the file is not an age file",
            Self::WrongKey => "the file is sealed for another key, or its header is damaged",
            Self::Damaged => "the file is damaged or cut short",
        })
    }
}

impl std::error::Error for SealedError {}

/// Encrypts `plaintext` for `key`.
pub(crate) fn seal(key: &VaultKey, plaintext: &Secret) -> io::Result<Vec<u8>> {
    let recipient = key.identity().to_public();
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(io::Error::other)?;
    let mut ciphertext = Vec::with_capacity(plaintext.len() + 1024);
    let mut writer = encryptor.wrap_output(&mut ciphertext)?;
    writer.write_all(plaintext.expose())?;
    writer.finish()?;
    Ok(ciphertext)
}

/// Decrypts `ciphertext` with `key`; the whole of it is verified before anything is returned.
pub(crate) fn open(key: &VaultKey, ciphertext: &[u8]) -> Result<Secret, SealedError> {
    if ciphertext.is_empty() {
        return Err(SealedError::Empty);
    }
    let beginning = &ciphertext[..ciphertext.len().min(MAGIC.len())];
    if !MAGIC.starts_with(beginning) {
        return Err(SealedError::NotAge);
    }
    let decryptor = Decryptor::new(ciphertext).map_err(|_| SealedError::Damaged)?;
    let identities = key.identities().map(|identity| identity as &dyn age::Identity);
    let mut reader = decryptor.decrypt(identities).map_err(|error| match error {
        DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed => SealedError::WrongKey,
        _ => SealedError::Damaged,
    })?;
    // Large enough from the start: a buffer that never moves leaves no copies behind.
    let mut plaintext = zeroize::Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    reader.read_to_end(&mut plaintext).map_err(|_| SealedError::Damaged)?;
    Ok(Secret::new(std::mem::take(&mut *plaintext)))
}
