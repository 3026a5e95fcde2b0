//! Values that are easy to recognise: those of the pin, which the project may have, and those outside of it,
//! which must never leave the broker.
//!
//! Each holds characters that no name of the protocol has, so that an input cannot carry one into an answer
//! as a name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;
use remo_secret::Secret;
use remo_wire::admin::{PushPayload, PushedSecret};
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;

/// A scalar, a bundle and a value that is not text, all of them in the pin, by name, kind and vended bytes.
pub const PINNED: &[(&str, Kind, &[u8])] = &[
    ("aws", Kind::Bundle, br#"{"aws_access_key_id":"In/The/Pin+1","aws_secret_access_key":"In/The/Pin+2"}"#),
    ("gh", Kind::Scalar, b"In/The/Pin+3"),
    ("key", Kind::Scalar, b"\xff\x00In/The/Pin+4"),
];

/// In the pin, but not in the snapshot.
pub const ABSENT: &str = "sentry";

/// Stands in every value outside of the pin. Twelve bytes: what base64 makes of it contains at least eight
/// letters that nothing else decides.
const MARK: &[u8] = b"Not/The/Pin+";

const OUTSIDE_SCALAR: &str = "openai_api_key";
const OUTSIDE_BUNDLE: &str = "deploy";
const OUTSIDE_BYTES: &str = "blob";

/// Bytes that base64 turns into four letters at a time.
const BASE64_GROUP: usize = 3;

/// The snapshot with all of them.
pub fn snapshot() -> PushPayload {
    let mut payload = PushPayload::default();
    let mut put = |name: &str, secret| {
        payload.secrets.insert(SecretName::new(name).expect("a secret name"), secret);
    };
    for (name, kind, value) in PINNED {
        put(name, pushed(*kind, value));
    }
    let outside = |before: &[u8]| [before, MARK, b"."].concat();
    put(OUTSIDE_SCALAR, pushed(Kind::Scalar, &outside(b"")));
    put(OUTSIDE_BYTES, pushed(Kind::Scalar, &outside(b"\xfe")));
    put(OUTSIDE_BUNDLE, pushed(Kind::Bundle, br#"{"password":"Not/The/Pin+!","user":"Not/The/Pin+?"}"#));
    payload
}

fn pushed(kind: Kind, value: &[u8]) -> PushedSecret {
    match kind {
        Kind::Scalar => PushedSecret::Scalar(Secret::new(value.to_vec())),
        Kind::Bundle => {
            let fields: std::collections::BTreeMap<String, String> =
                serde_json::from_slice(value).expect("an object of strings");
            let field = |(name, value): (String, String)| {
                (FieldName::new(&name).expect("a field name"), Secret::from_text(value))
            };
            PushedSecret::Bundle(fields.into_iter().map(field).collect())
        }
    }
}

/// Recognises values outside of the pin, raw and in base64. None of them is changed by JSON's escapes.
#[derive(Debug)]
pub struct Tripwires {
    outside: Vec<Finder<'static>>,
    any: Vec<Finder<'static>>,
}

impl Default for Tripwires {
    fn default() -> Self {
        let outside = forms(MARK);
        let any = outside.iter().cloned().chain(forms(b"In/The/Pin+")).collect();
        Self { outside, any }
    }
}

impl Tripwires {
    /// Reports a value that no project may have.
    pub fn check_outside(&self, bytes: &[u8], place: &str) {
        check(&self.outside, bytes, place);
    }

    /// Reports any value, for places where none may be.
    pub fn check_any(&self, bytes: &[u8], place: &str) {
        check(&self.any, bytes, place);
    }
}

fn check(finders: &[Finder<'_>], bytes: &[u8], place: &str) {
    if let Some(at) = finders.iter().find_map(|finder| finder.find(bytes)) {
        panic!("a value that may not be there is in {place}, at byte {at}");
    }
}

/// A mark as it is, and what base64 makes of it wherever it begins in a group.
fn forms(mark: &[u8]) -> Vec<Finder<'static>> {
    let mut forms = vec![mark.to_vec()];
    for before in 0..BASE64_GROUP {
        let mut padded = vec![0; before];
        padded.extend_from_slice(mark);
        let whole_groups = padded.len() / BASE64_GROUP * BASE64_GROUP;
        let text = STANDARD.encode(&padded[..whole_groups]);
        // The letters of the first group mix with what stands before.
        forms.push(text.as_bytes()[if before == 0 { 0 } else { 4 }..].to_vec());
    }
    forms.into_iter().map(|form| Finder::new(&form).into_owned()).collect()
}
