//! Requests in the forms that a vector cannot hold: decoded values, leniency, and lines over the limit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use remo_secret::Secret;
use remo_wire::admin::{AdminRequest, PushPayload, PushedSecret, Register};
use remo_wire::error::ErrorCode;
use remo_wire::limits::{PUSH_LINE_MAX, REQUEST_LINE_MAX};
use remo_wire::names::{FieldName, ProjectName, SecretName};
use remo_wire::project::ProjectRequest;

fn secret_name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

#[test]
fn a_push_is_decoded_into_scalars_bundles_and_bytes() {
    let line = br#"{"op":"push-creds","secrets":{"gh":"ghp\u005f1","aws":{"id":"a","key":"b"},"key":{"$b64":"gIGC"}},"keep":["npm","gh2"]}"#;
    let AdminRequest::PushCreds(payload) = AdminRequest::decode(line).unwrap() else {
        panic!("another operation")
    };
    let scalar = |bytes: &[u8]| PushedSecret::Scalar(Secret::new(bytes.to_vec()));
    let text = |text: &str| Secret::from_text(text.to_owned());
    let bundle = BTreeMap::from([
        (FieldName::new("id").unwrap(), text("a")),
        (FieldName::new("key").unwrap(), text("b")),
    ]);
    let expected = PushPayload {
        secrets: BTreeMap::from([
            (secret_name("gh"), scalar(b"ghp_1")),
            (secret_name("aws"), PushedSecret::Bundle(bundle)),
            (secret_name("key"), scalar(&[0x80, 0x81, 0x82])),
        ]),
        keep: BTreeSet::from([secret_name("npm"), secret_name("gh2")]),
        if_generation: None,
    };
    assert_eq!(payload, expected);
}

#[test]
fn a_registration_is_decoded_with_its_defaults() {
    let name = ProjectName::new("project-a").unwrap();
    let project_path = "/p/project-a".to_owned();
    assert_eq!(
        AdminRequest::decode(br#"{"op":"register","name":"project-a","project_path":"/p/project-a"}"#),
        Ok(AdminRequest::Register(Register {
            name: name.clone(),
            project_path: project_path.clone(),
            allowed_uids: None,
            approve: false
        }))
    );
    assert_eq!(
        AdminRequest::decode(
            br#"{"op":"register","name":"project-a","project_path":"/p/project-a","allowed_uids":[7],"approve":true}"#
        ),
        Ok(AdminRequest::Register(Register {
            name,
            project_path,
            allowed_uids: Some(vec![7]),
            approve: true
        }))
    );
}

/// R-3.3: what an operation does not know is ignored, whatever it is and however often it occurs.
#[test]
fn unknown_fields_are_ignored() {
    let deep = format!(r#"{{"later":{}{},"op":"ping"}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (line, expected) in [
        (r#"{"op":"ping","later":1}"#, ProjectRequest::Ping),
        (r#"{"op":"ping","later":1,"later":{"a":[2]}}"#, ProjectRequest::Ping),
        (r#"{"op":"ping","name":5,"view":{}}"#, ProjectRequest::Ping),
        (r#"{"op":"fetch","view":-1}"#, ProjectRequest::Fetch),
        (r#"{"op":"watch","view":null}"#, ProjectRequest::Watch { view: None }),
        (" \t{ \"op\" : \"info\" } \r", ProjectRequest::Info),
        (r#"{"view":3,"op":"watch"}"#, ProjectRequest::Watch { view: Some(3) }),
        (r#"{"op":"g\u0065t","name":"g\u0068"}"#, ProjectRequest::get("gh")),
        (deep.as_str(), ProjectRequest::Ping),
    ] {
        assert_eq!(ProjectRequest::decode(line.as_bytes()).as_ref(), Ok(&expected), "{line:.80}");
    }
    let line = br#"{"later":[],"op":"push-creds","later":{},"secrets":{},"name":7}"#;
    assert_eq!(AdminRequest::decode(line), Ok(AdminRequest::PushCreds(PushPayload::default())));
    let line = br#"{"op":"status","secrets":1,"name":[],"project_path":null}"#;
    assert_eq!(AdminRequest::decode(line), Ok(AdminRequest::Status));
}

/// A line of exactly `length` bytes.
fn padded(before: &str, after: &str, length: usize) -> Vec<u8> {
    let mut line = before.as_bytes().to_vec();
    line.resize(length - after.len(), b'x');
    line.extend_from_slice(after.as_bytes());
    line
}

#[test]
fn only_a_push_may_be_longer_than_64_kib() {
    for operation in ["list", "status", "clear-creds", "unregister", "manifest", "reload", "register"] {
        let before = format!(r#"{{"op":"{operation}","name":"a","project_path":"/a","later":""#);
        assert!(AdminRequest::decode(&padded(&before, "\"}", REQUEST_LINE_MAX)).is_ok(), "{operation}");
        let refusal = AdminRequest::decode(&padded(&before, "\"}", REQUEST_LINE_MAX + 1)).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::PayloadTooLarge, "{operation}");
        assert!(refusal.message.contains("65536"), "{refusal}");
    }
    let push = padded(r#"{"op":"push-creds","secrets":{"a":""#, "\"}}", PUSH_LINE_MAX);
    let AdminRequest::PushCreds(payload) = AdminRequest::decode(&push).unwrap() else {
        panic!("another operation")
    };
    let PushedSecret::Scalar(value) = &payload.secrets["a"] else { panic!("not a scalar") };
    assert_eq!(value.len(), PUSH_LINE_MAX - r#"{"op":"push-creds","secrets":{"a":""}}"#.len());
}

fn any_secret() -> impl Strategy<Value = PushedSecret> {
    let scalar =
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| PushedSecret::Scalar(Secret::new(bytes)));
    let field = ("[A-Za-z_][A-Za-z0-9_]{0,20}", any::<String>());
    let bundle = prop::collection::vec(field, 1..5).prop_map(|fields| {
        let fields = fields.into_iter();
        PushedSecret::Bundle(
            fields.map(|(name, value)| (FieldName::new(&name).unwrap(), Secret::from_text(value))).collect(),
        )
    });
    prop_oneof![scalar, bundle]
}

proptest! {
    #[test]
    fn a_push_of_any_bytes_survives(
        secrets in prop::collection::btree_map("[A-Za-z0-9_]{1,20}", any_secret(), 0..6),
        keep in prop::collection::btree_set("[A-Za-z0-9_]{1,20}", 0..4),
        if_generation in any::<Option<u64>>(),
    ) {
        let secrets: BTreeMap<_, _> = secrets.into_iter().map(|(name, secret)| (secret_name(&name), secret)).collect();
        let keep = keep.iter().map(|name| secret_name(name)).filter(|name| !secrets.contains_key(name)).collect();
        let request = AdminRequest::PushCreds(PushPayload { secrets, keep, if_generation });
        let line = serde_json::to_vec(&request).unwrap();
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(AdminRequest::decode(&line), Ok(request));
    }

    #[test]
    fn any_name_survives(name in any::<String>()) {
        let request = ProjectRequest::get(&name);
        let line = serde_json::to_vec(&request).unwrap();
        prop_assert_eq!(ProjectRequest::decode(&line), Ok(request));
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(line in prop::collection::vec(any::<u8>(), 0..300)) {
        // Both return; a refusal of random bytes is always about the line itself.
        if let Err(refusal) = ProjectRequest::decode(&line) {
            prop_assert_eq!(refusal.code, ErrorCode::ProtocolError);
        }
        if let Err(refusal) = AdminRequest::decode(&line) {
            prop_assert_eq!(refusal.code, ErrorCode::ProtocolError);
        }
    }

    /// Bytes that are nearly requests get further into the decoder than random ones.
    #[test]
    fn a_damaged_push_is_decoded_or_refused(position in 0_usize..140, byte in any::<u8>(), cut in any::<bool>()) {
        let mut line = br#"{"op":"push-creds","secrets":{"gh":"gh\u0041p","aws":{"id":"a","key":"b"},"key":{"$b64":"gIGC"},"n":""},"keep":["npm"],"x":[1,{"y":null}]}"#.to_vec();
        let position = position.min(line.len() - 1);
        line[position] = byte;
        if cut {
            line.truncate(position);
        }
        match AdminRequest::decode(&line) {
            Ok(request) => prop_assert!(serde_json::to_vec(&request).is_ok()),
            Err(refusal) => prop_assert!(
                matches!(refusal.code, ErrorCode::ProtocolError | ErrorCode::InvalidPayload),
                "{}", refusal
            ),
        }
    }
}
