//! Recognising content that was pushed before, without keeping it.

use std::io;

use remo_wire::admin::{PushPayload, PushedSecret};
use rustix::rand::{GetRandomFlags, getrandom};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What a push, or a value, contained. Says nothing without the key of the [`Digester`] that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest([u8; 32]);

/// Makes digests under a random key, so that one that leaks (a core, a log) confirms no guess of a value.
/// The key lives as long as the process, and neither is ever written down.
pub(super) struct Digester {
    key: [u8; 32],
}

impl Digester {
    pub(super) fn new() -> io::Result<Self> {
        let mut key = [0; 32];
        let mut filled = 0;
        while filled < key.len() {
            filled += getrandom(&mut key[filled..], GetRandomFlags::empty())?;
        }
        Ok(Self { key })
    }

    /// The digest of a push. Equal content gives equal digests: it is encoded in the order of names.
    pub(super) fn digest(&self, push: &PushPayload) -> io::Result<Digest> {
        self.of(push)
    }

    /// The digest of one value.
    pub(super) fn value(&self, value: &PushedSecret) -> io::Result<Digest> {
        self.of(value)
    }

    fn of(&self, content: &impl Serialize) -> io::Result<Digest> {
        struct Feed(Sha256);
        impl io::Write for Feed {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.update(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        // The key has a fixed length and digests never leave the process, so a plain prefix will do.
        let mut feed = Feed(Sha256::new_with_prefix(self.key));
        serde_json::to_writer(&mut feed, content)?;
        Ok(Digest(feed.0.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use remo_secret::Secret;
    use remo_wire::names::SecretName;

    use super::*;

    fn push(value: &str, keep: &[&str]) -> PushPayload {
        let secret = PushedSecret::Scalar(Secret::from_text(value.to_owned()));
        PushPayload {
            secrets: [(SecretName::new("gh").unwrap(), secret)].into_iter().collect(),
            keep: keep.iter().map(|name| SecretName::new(name).unwrap()).collect(),
            if_generation: None,
        }
    }

    #[test]
    fn digests_tell_contents_apart_and_depend_on_the_key() {
        let digester = Digester::new().unwrap();
        let digest = |push: &PushPayload| digester.digest(push).unwrap();
        assert_eq!(digest(&push("a", &[])), digest(&push("a", &[])));
        assert_ne!(digest(&push("a", &[])), digest(&push("b", &[])));
        assert_ne!(digest(&push("a", &[])), digest(&push("a", &["npm"])));
        assert_ne!(digest(&push("a", &[])), Digester::new().unwrap().digest(&push("a", &[])).unwrap());
    }
}
