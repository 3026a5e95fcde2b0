//! Hands the feature to the Dev Containers CLI: a server on the loopback address that lives as long as the start
//! does and answers with the files of the installed OCI layout, and nothing else.
//!
//! A copy below the project's `.devcontainer`, which the CLI would take too, could be exchanged by the project's
//! container before it is read. The feature is named by the digest of its manifest.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde::Deserialize;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::failure::Failure;

/// What it is called in the requests of the CLI.
const NAME: &str = "remo/secrets";

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The server. Dropping it ends it.
pub struct FeatureServer {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    reference: String,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

impl FeatureServer {
    /// Serves the layout in `folder`.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let digest = manifest_digest(folder)?;
        let failed =
            |error: &dyn std::fmt::Display| Failure::new(format!("cannot hand the feature over: {error}"));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Arc::new(Server::http(address).map_err(|error| failed(&error))?);
        let port = server.server_addr().to_ip().ok_or_else(|| failed(&"it has no port"))?.port();
        let reference = format!("localhost:{port}/{NAME}@sha256:{digest}");
        let thread = std::thread::spawn({
            let (server, folder) = (Arc::clone(&server), folder.to_owned());
            move || {
                for request in server.incoming_requests() {
                    answer(request, &folder, &digest);
                }
            }
        });
        Ok(Self { server, thread: Some(thread), reference })
    }

    /// What the CLI has to be asked for.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl Drop for FeatureServer {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // It ends in any case with this process.
            let _ = thread.join();
        }
    }
}

/// The digest of the feature's manifest, in hexadecimal.
pub fn manifest_digest(folder: &Path) -> Result<String, Failure> {
    let path = folder.join("index.json");
    let missing = |error: &std::io::Error| {
        Failure::at("read the secrets feature at", &path, error).hint(
            "install it, or name its OCI layout with REMO_FEATURE=PATH: cargo xtask package --only feature",
        )
    };
    let text = fs::read_to_string(&path).map_err(|error| missing(&error))?;
    let index: Index = serde_json::from_str(&text).map_err(|error| missing(&error.into()))?;
    let digest = index
        .manifests
        .into_iter()
        .next()
        .and_then(|it| it.digest.strip_prefix("sha256:").map(str::to_owned));
    digest
        .filter(|digest| is_digest(digest))
        .ok_or_else(|| Failure::new(format!("{} names no manifest", path.display())))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn answer(request: Request, folder: &Path, digest: &str) {
    let file = match request.method() {
        Method::Get => file_for(request.url(), folder, digest),
        _ => None,
    };
    let header = |name: &str, value: &str| Header::from_bytes(name, value).ok();
    let sent = match file.and_then(|(path, kind)| Some((fs::read(path).ok()?, kind))) {
        None => request.respond(Response::empty(404)),
        Some((content, kind)) => {
            let mut response = Response::from_data(content);
            let digest = (kind == MANIFEST_TYPE).then(|| format!("sha256:{digest}"));
            let digest = digest.and_then(|digest| header("Docker-Content-Digest", &digest));
            for header in header("Content-Type", kind).into_iter().chain(digest) {
                response.add_header(header);
            }
            request.respond(response)
        }
    };
    // The CLI says so itself when it did not get an answer.
    let _ = sent;
}

/// The file that a path of the registry's protocol means.
fn file_for(url: &str, folder: &Path, digest: &str) -> Option<(PathBuf, &'static str)> {
    let rest = url.strip_prefix("/v2/")?.strip_prefix(NAME)?;
    let blob = |digest: &str| folder.join("blobs/sha256").join(digest);
    if let Some(asked) = rest.strip_prefix("/manifests/sha256:") {
        return (asked == digest).then(|| (blob(digest), MANIFEST_TYPE));
    }
    let asked = rest.strip_prefix("/blobs/sha256:")?;
    is_digest(asked).then(|| (blob(asked), "application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    fn layout() -> (tempfile::TempDir, String) {
        let place = tempfile::tempdir().unwrap();
        let digest = "a1".repeat(32);
        fs::create_dir_all(place.path().join("blobs/sha256")).unwrap();
        fs::write(
            place.path().join("index.json"),
            format!(r#"{{"manifests":[{{"digest":"sha256:{digest}"}}]}}"#),
        )
        .unwrap();
        fs::write(place.path().join("blobs/sha256").join(&digest), "the manifest").unwrap();
        (place, digest)
    }

    fn get(reference: &str, path: &str) -> String {
        let port = reference.split([':', '/']).nth(1).unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_files_of_the_layout_are_served_and_nothing_else() {
        let (place, digest) = layout();
        fs::write(place.path().join("blobs/secret"), "elsewhere").unwrap();
        let server = FeatureServer::start(place.path()).unwrap();
        let reference = server.reference().to_owned();
        assert!(reference.ends_with(&format!("/remo/secrets@sha256:{digest}")), "{reference}");
        let manifest = get(&reference, &format!("/v2/remo/secrets/manifests/sha256:{digest}"));
        assert!(manifest.starts_with("HTTP/1.1 200") && manifest.ends_with("the manifest"), "{manifest}");
        for path in [
            "/v2/remo/secrets/blobs/sha256:../secret",
            "/v2/remo/secrets/blobs/../../secret",
            "/v2/remo/secrets/manifests/latest",
            "/index.json",
            "/",
        ] {
            assert!(get(&reference, path).starts_with("HTTP/1.1 404"), "{path}");
        }
    }

    #[test]
    fn a_layout_without_a_digest_is_refused() {
        let place = tempfile::tempdir().unwrap();
        assert!(manifest_digest(place.path()).unwrap_err().to_string().contains("hint: install it"));
        fs::write(place.path().join("index.json"), r#"{"manifests":[{"digest":"sha256:../../etc"}]}"#)
            .unwrap();
        assert!(manifest_digest(place.path()).is_err());
    }
}
