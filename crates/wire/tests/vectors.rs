//! Every file below `vectors/`: good messages survive decoding and encoding byte for byte, bad requests get
//! exactly the answer that stands beside them, and no answer repeats input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use remo_wire::admin::{
    AdminRequest, DoneResponse, ListResponse, ManifestResponse, PushResponse, RegisterResponse,
    ReloadResponse, StatusResponse,
};
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::ok::OkTrue;
use remo_wire::project::{
    ChangedEvent, FetchResponse, FetchedSecrets, FetchedValue, GetResponse, InfoResponse, PingResponse,
    ProjectRequest, VendedSecret,
};
use remo_wire::value::ValueField;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The word in bad requests that no answer may hold.
const MARKER: &str = "tripwire";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Plane {
    Project,
    Admin,
}

impl Plane {
    fn folder(self, quality: &str) -> PathBuf {
        let plane = match self {
            Self::Project => "project",
            Self::Admin => "admin",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(plane).join(quality)
    }

    /// Decodes a request; the good side is encoded again.
    fn request(self, line: &[u8]) -> Result<Vec<u8>, ErrorResponse> {
        match self {
            Self::Project => ProjectRequest::decode(line).map(|request| encode(&request)),
            Self::Admin => AdminRequest::decode(line).map(|request| encode(&request)),
        }
    }
}

/// The files of one folder by name, each without its last newline.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut content = fs::read(&path).unwrap();
        assert_eq!(content.pop(), Some(b'\n'), "{} ends with a newline", path.display());
        assert!(!content.contains(&b'\n'), "{} is one line", path.display());
        found.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), content);
    }
    assert!(found.len() > 10, "{} holds vectors", folder.display());
    found
}

fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    serde_json::to_vec(message).unwrap()
}

fn again<T: DeserializeOwned + Serialize>(line: &[u8]) -> Vec<u8> {
    encode(&serde_json::from_slice::<T>(line).unwrap())
}

/// The broker writes what a client reads with two types: through both.
fn get_again(line: &[u8]) -> Vec<u8> {
    let read: VendedSecret = serde_json::from_slice(line).unwrap();
    encode(&GetResponse {
        ok: OkTrue,
        value: ValueField::new(read.value.expose()),
        kind: read.kind,
        ttl_seconds: read.ttl_seconds,
        generation: read.generation,
    })
}

fn fetch_again(line: &[u8]) -> Vec<u8> {
    let read: FetchedSecrets = serde_json::from_slice(line).unwrap();
    let secrets = read.secrets.iter().map(|(name, secret)| {
        (name, FetchedValue { value: ValueField::new(secret.value.expose()), kind: secret.kind })
    });
    encode(&FetchResponse {
        ok: OkTrue,
        generation: read.generation,
        view: read.view,
        secrets: secrets.collect(),
        missing: read.missing.iter().collect(),
        bindings: &read.bindings,
        awaits_push: read.awaits_push,
    })
}

fn answer_again(plane: Plane, operation: &str, line: &[u8]) -> Vec<u8> {
    match (plane, operation) {
        (Plane::Project, "ping") => again::<PingResponse>(line),
        (Plane::Project, "info") => again::<InfoResponse>(line),
        (Plane::Project, "get") => get_again(line),
        (Plane::Project, "fetch") => fetch_again(line),
        (Plane::Project, "watch") => again::<ChangedEvent>(line),
        (Plane::Admin, "register") => again::<RegisterResponse>(line),
        (Plane::Admin, "unregister" | "clear-creds") => again::<DoneResponse>(line),
        (Plane::Admin, "manifest") => again::<ManifestResponse>(line),
        (Plane::Admin, "reload") => again::<ReloadResponse>(line),
        (Plane::Admin, "push-creds") => again::<PushResponse>(line),
        (Plane::Admin, "list") => again::<ListResponse>(line),
        (Plane::Admin, "status") => again::<StatusResponse>(line),
        _ => panic!("no answer of {plane:?} is called {operation}"),
    }
}

fn good_messages_survive(plane: Plane) {
    for (file, line) in files(&plane.folder("good")) {
        let parts: Vec<&str> = file.split('.').collect();
        let (operation, role) = (parts[0], parts[parts.len() - 2]);
        let encoded = match role {
            "request" => plane.request(&line).unwrap_or_else(|refusal| panic!("{file}: {refusal}")),
            "answer" => answer_again(plane, operation, &line),
            "error" => {
                let response: ErrorResponse = serde_json::from_slice(&line).unwrap();
                assert_eq!(response.code.as_str(), operation, "{file}");
                assert_ne!(response.code, ErrorCode::Unknown, "{file}");
                encode(&response)
            }
            _ => panic!("{file} has no role in its name"),
        };
        assert_eq!(String::from_utf8_lossy(&encoded), String::from_utf8_lossy(&line), "{file}");
    }
}

fn bad_requests_get_their_answer(plane: Plane) {
    let files = files(&plane.folder("bad"));
    let mut marked = 0;
    for (file, line) in files.iter().filter(|(file, _)| !file.ends_with(".expected")) {
        let refusal = plane.request(line).expect_err(file);
        let (stem, _) = file.rsplit_once('.').unwrap();
        let expected = files.get(&format!("{stem}.expected")).unwrap_or_else(|| panic!("{stem}.expected"));
        let answer = String::from_utf8(encode(&refusal)).unwrap();
        assert_eq!(answer, String::from_utf8_lossy(expected), "{file}");
        assert!(!answer.to_lowercase().contains(MARKER), "{file}: the answer repeats input");
        marked += usize::from(String::from_utf8_lossy(line).to_lowercase().contains(MARKER));
    }
    assert!(marked > files.len() / 3, "most bad requests hold the marker: {marked} of {}", files.len() / 2);
    for expected in files.keys().filter_map(|file| file.strip_suffix(".expected")) {
        let request = |extension| files.contains_key(&format!("{expected}.{extension}"));
        assert!(request("json") || request("bin"), "{expected}.expected belongs to a request");
    }
}

#[test]
fn good_messages_of_the_project_plane_survive() {
    good_messages_survive(Plane::Project);
}

#[test]
fn good_messages_of_the_admin_plane_survive() {
    good_messages_survive(Plane::Admin);
}

#[test]
fn bad_requests_of_the_project_plane_get_their_answer() {
    bad_requests_get_their_answer(Plane::Project);
}

#[test]
fn bad_requests_of_the_admin_plane_get_their_answer() {
    bad_requests_get_their_answer(Plane::Admin);
}

/// What is no request of the one plane may be one of the other: nothing but the socket decides.
#[test]
fn a_plane_does_not_take_the_requests_of_the_other() {
    for (plane, other) in [(Plane::Project, Plane::Admin), (Plane::Admin, Plane::Project)] {
        for (file, line) in files(&other.folder("good")) {
            if file.ends_with(".request.json") {
                let refusal = plane.request(&line).expect_err(&file);
                assert_eq!(refusal.code, ErrorCode::ProtocolError, "{file}");
                assert!(refusal.message.starts_with("unknown operation"), "{file}: {refusal}");
            }
        }
    }
}
