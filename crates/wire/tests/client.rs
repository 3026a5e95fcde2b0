//! The client against a scripted peer on a real socket: whatever answers, the client says what happened.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use remo_secret::Secret;
use remo_wire::admin::{AdminRequest, PushPayload, PushResponse, PushedSecret};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use remo_wire::names::SecretName;
use remo_wire::project::ProjectRequest;
use tempfile::TempDir;

/// Long enough for a busy machine, short enough to notice a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short enough to wait for, long enough to be told from none.
const BRIEF: Duration = Duration::from_millis(80);

/// A listener with a thread that plays one connection.
struct Peer {
    folder: TempDir,
    script: JoinHandle<()>,
}

impl Peer {
    fn play(script: impl FnOnce(UnixStream) + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let script = thread::spawn(move || script(listener.accept().unwrap().0));
        Self { folder, script }
    }

    /// Reads one request line, then sends `answer`.
    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::play(move |mut stream| {
            read_line(&stream);
            stream.write_all(&answer).unwrap();
            wait_for_close(stream);
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    fn client(&self) -> Client {
        Client::connect_within(&self.path(), PATIENCE).unwrap()
    }

    /// Ends the connection and reports a failure of the script.
    fn finish(self, client: Client) {
        drop(client);
        self.script.join().unwrap();
    }
}

fn read_line(stream: &UnixStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

fn wait_for_close(mut stream: UnixStream) {
    io::copy(&mut stream, &mut io::sink()).ok();
}

fn kind(error: &ClientError) -> Option<io::ErrorKind> {
    match error {
        ClientError::Interrupted { source, .. } | ClientError::Unreachable { source, .. } => {
            Some(source.kind())
        }
        _ => None,
    }
}

#[test]
fn requests_are_one_line_each_and_answers_are_read() {
    let peer = Peer::play(|mut stream| {
        let mut requests = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        for (request, answer) in [
            (
                r#"{"op":"ping"}"#,
                r#"{"ok":true,"broker_version":"9","protocol_version":2,"project":"a","later":1}"#,
            ),
            (
                r#"{"op":"get","name":"gh"}"#,
                r#"{"ok":true,"value_b64":"gIGC","kind":"scalar","ttl_seconds":3,"generation":7}"#,
            ),
            (r#"{"op":"watch","view":9}"#, r#"{"ok":true,"event":"changed","generation":8,"view":10}"#),
        ] {
            assert_eq!(requests.next().unwrap(), request);
            writeln!(stream, "{answer}").unwrap();
        }
        assert_eq!(requests.next(), None);
    });
    let mut client = peer.client();
    assert_eq!(client.ping().unwrap().broker_version, "9");
    let vended = client.get("gh").unwrap();
    assert_eq!(
        (vended.value.expose(), vended.ttl_seconds, vended.generation),
        (&[0x80, 0x81, 0x82][..], 3, 7)
    );
    client.watch(Some(9)).unwrap();
    assert_eq!(client.next_event(PATIENCE).unwrap().unwrap().view, 10);
    assert!(client.next_event(BRIEF).unwrap().is_none());
    peer.finish(client);
}

#[test]
fn another_protocol_version_is_refused_and_both_are_named() {
    // Version 3 may well answer with other fields; version 1 had no project.
    for answer in [
        r#"{"ok":true,"protocol_version":3,"server":{"version":"9"}}"#,
        r#"{"ok":true,"broker_version":"0.1","protocol_version":1}"#,
    ] {
        for admin in [false, true] {
            let peer = Peer::answering(format!("{answer}\n"));
            let mut client = peer.client();
            let error = if admin { client.status().unwrap_err() } else { client.ping().unwrap_err() };
            let ClientError::Version { broker } = error else { panic!("{error:?}") };
            assert_ne!(broker, 2);
            let message = error.to_string();
            assert!(message.contains(&broker.to_string()) && message.contains('2'), "{message}");
            peer.finish(client);
        }
    }
}

#[test]
fn an_answer_that_is_none_is_malformed_and_not_repeated() {
    for answer in [
        &b"tripwire\n"[..],
        b"\n",
        b"{}\n",
        b"[]\n",
        b"{\"ok\":true}\n",
        b"{\"ok\":false}\n",
        b"{\"ok\":true,\"code\":\"denied\",\"message\":\"tripwire\"}\n",
        b"{\"ok\":true,\"value\":\"tripwire\",\"kind\":\"other\",\"ttl_seconds\":1,\"generation\":1}\n",
        b"{\"ok\":true,\"value\":\"tripwire\",\"kind\":\"scalar\",\"ttl_seconds\":-1,\"generation\":1}\n",
        b"{\"ok\":true,\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n",
        b"{\"ok\":true,\"value\":\"tripwire\",\"value_b64\":\"AAAA\",\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n",
        b"{\"ok\":true,\"value_b64\":\"tripwire!\",\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n",
        b"{\"ok\":true,\"value\":\"trip\xffwire\",\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n",
    ] {
        let peer = Peer::answering(answer);
        let mut client = peer.client();
        let error = client.get("gh").unwrap_err();
        assert!(matches!(error, ClientError::Malformed { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("tripwire"), "{error:?}");
        peer.finish(client);
    }
}

#[test]
fn a_refusal_keeps_its_code_also_one_of_a_later_broker() {
    for (code, expected) in [("rate_limited", ErrorCode::RateLimited), ("added_later", ErrorCode::Unknown)] {
        let peer = Peer::answering(format!(
            "{{\"ok\":false,\"code\":\"{code}\",\"message\":\"wait\",\"retry_after_seconds\":4}}\n"
        ));
        let mut client = peer.client();
        let error = client.fetch().unwrap_err();
        assert_eq!(error.code(), Some(expected));
        let ClientError::Refused(response) = error else { panic!("{error:?}") };
        assert_eq!((response.message.as_str(), response.retry_after_seconds), ("wait", Some(4)));
        peer.finish(client);
    }
}

#[test]
fn a_connection_that_ends_early_is_interrupted() {
    for part in ["", "{\"ok\":true,\"value\":\"half"] {
        let peer = Peer::play(move |mut stream| {
            read_line(&stream);
            stream.write_all(part.as_bytes()).unwrap();
        });
        let mut client = peer.client();
        assert_eq!(kind(&client.get("gh").unwrap_err()), Some(io::ErrorKind::UnexpectedEof));
        peer.finish(client);
    }
}

#[test]
fn an_answer_in_single_bytes_is_joined() {
    let peer = Peer::play(|mut stream| {
        read_line(&stream);
        for byte in b"{\"ok\":true,\"value\":\"x\",\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n"
        {
            stream.write_all(&[*byte]).unwrap();
        }
        wait_for_close(stream);
    });
    let mut client = peer.client();
    assert_eq!(client.get("gh").unwrap().value.expose(), b"x");
    peer.finish(client);
}

/// Each byte is looked at once: an answer of 32 MiB takes no longer per byte than a small one.
#[test]
fn an_answer_of_many_mebibytes_is_read_to_its_newline() {
    const LENGTH: usize = 32 * 1024 * 1024;
    let mut answer = b"{\"ok\":true,\"value\":\"".to_vec();
    answer.resize(answer.len() + LENGTH, b'v');
    answer.extend(b"\",\"kind\":\"scalar\",\"ttl_seconds\":1,\"generation\":1}\n");
    let peer = Peer::answering(answer);
    let mut client = peer.client();
    assert_eq!(client.get("gh").unwrap().value.len(), LENGTH);
    peer.finish(client);
}

#[test]
fn answers_that_arrive_together_are_handed_out_one_by_one() {
    const COUNT: u64 = 3000;
    let peer = Peer::play(|mut stream| {
        read_line(&stream);
        let events = (0..COUNT)
            .map(|view| format!("{{\"ok\":true,\"event\":\"changed\",\"generation\":1,\"view\":{view}}}\n"));
        stream.write_all(events.collect::<String>().as_bytes()).unwrap();
        wait_for_close(stream);
    });
    let mut client = peer.client();
    client.watch(None).unwrap();
    for view in 0..COUNT {
        assert_eq!(client.next_event(PATIENCE).unwrap().map(|event| event.view), Some(view));
    }
    assert!(client.next_event(BRIEF).unwrap().is_none());
    peer.finish(client);
}

#[test]
fn what_arrived_before_a_time_limit_is_not_lost() {
    let (go, gate) = std::sync::mpsc::channel();
    let peer = Peer::play(move |mut stream| {
        read_line(&stream);
        stream.write_all(b"{\"ok\":true,\"event\":\"chan").unwrap();
        gate.recv().unwrap();
        stream.write_all(b"ged\",\"generation\":2,\"view\":3}\n").unwrap();
        wait_for_close(stream);
    });
    let mut client = peer.client();
    client.watch(None).unwrap();
    assert!(client.next_event(BRIEF).unwrap().is_none());
    assert!(client.next_event(Duration::ZERO).unwrap().is_none());
    go.send(()).unwrap();
    assert_eq!(client.next_event(PATIENCE).unwrap().map(|event| event.view), Some(3));
    peer.finish(client);
}

/// A wait beyond what the clock can express is one without end, not a panic.
#[test]
fn a_wait_may_be_endless() {
    let peer = Peer::answering("{\"ok\":true,\"event\":\"changed\",\"generation\":2,\"view\":3}\n");
    let mut client = peer.client();
    client.watch(None).unwrap();
    assert!(client.next_event(Duration::MAX).unwrap().is_some());
    peer.finish(client);
}

fn push_of(length: usize) -> AdminRequest {
    let mut payload = PushPayload::default();
    let value = PushedSecret::Scalar(Secret::new(vec![b'v'; length]));
    payload.secrets.insert(SecretName::new("big").unwrap(), value);
    AdminRequest::PushCreds(payload)
}

/// The broker refuses a line that is too long while the rest of it is still on its way, and closes.
#[test]
fn a_refusal_is_read_though_the_broker_closed_while_we_were_writing() {
    // Read a little and leave the rest, which resets the connection; or read all, which only ends it.
    for read in [1, 4096, 600_000] {
        let peer = Peer::play(move |mut stream| {
            stream.read_exact(&mut vec![0; read]).unwrap();
            stream
                .write_all(b"{\"ok\":false,\"code\":\"payload_too_large\",\"message\":\"too long\"}\n")
                .unwrap();
        });
        let mut client = peer.client();
        let error = client.request::<_, PushResponse>(&push_of(8 * 1024 * 1024)).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::PayloadTooLarge), "{error:?} after {read} bytes");
        peer.finish(client);
    }
}

#[test]
fn no_answer_in_time_is_said_so() {
    let peer = Peer::play(wait_for_close);
    let mut client = Client::connect_within(&peer.path(), BRIEF).unwrap();
    let before = Instant::now();
    let error = client.get("gh").unwrap_err();
    assert_eq!(kind(&error), Some(io::ErrorKind::TimedOut), "{error:?}");
    assert!(before.elapsed() >= BRIEF);
    peer.finish(client);
}

#[test]
fn a_peer_that_does_not_read_is_not_waited_for_without_end() {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let peer = Peer::play(move |stream| {
        gate.recv().ok();
        drop(stream);
    });
    let mut client = Client::connect_within(&peer.path(), BRIEF).unwrap();
    let error = client.request::<_, PushResponse>(&push_of(8 * 1024 * 1024)).unwrap_err();
    assert_eq!(kind(&error), Some(io::ErrorKind::TimedOut), "{error:?}");
    go.send(()).unwrap();
    peer.finish(client);
}

#[test]
fn a_full_queue_of_connections_is_not_waited_for_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let _listener = UnixListener::bind(&path).unwrap();
    // Nobody accepts: connect until the queue is full.
    let mut waiting = Vec::new();
    let error = loop {
        match Client::connect_within(&path, BRIEF) {
            Ok(client) => waiting.push(client),
            Err(error) => break error,
        }
        assert!(waiting.len() < 100_000, "the queue has an end");
    };
    assert!(matches!(error, ClientError::Unreachable { .. }));
    assert_eq!(kind(&error), Some(io::ErrorKind::TimedOut), "{error:?}");
}

#[test]
fn a_socket_that_is_not_there_is_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let stale = folder.path().join("stale");
    drop(UnixListener::bind(&stale).unwrap());
    let too_long = PathBuf::from("/").join("x".repeat(200));
    for (path, expected) in [
        (missing.as_path(), Some(io::ErrorKind::NotFound)),
        (stale.as_path(), Some(io::ErrorKind::ConnectionRefused)),
        (too_long.as_path(), None),
    ] {
        let error = Client::connect(path).unwrap_err();
        let ClientError::Unreachable { path: named, source } = &error else { panic!("{error:?}") };
        assert_eq!(named, path);
        if let Some(expected) = expected {
            assert_eq!(source.kind(), expected);
        }
        assert!(error.to_string().contains(&path.display().to_string()));
    }
}

#[test]
fn a_server_of_another_user_is_an_impostor() {
    let peer = Peer::play(wait_for_close);
    let client = peer.client();
    let own = std::fs::metadata(peer.folder.path())
        .map(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata))
        .unwrap();
    client.require_server_uid(own).unwrap();
    let error = client.require_server_uid(own + 1).unwrap_err();
    assert!(matches!(error, ClientError::Impostor { uid, .. } if uid == own), "{error:?}");
    assert!(error.to_string().contains(&own.to_string()));
    peer.finish(client);
}

struct Unencodable;

impl serde::Serialize for Unencodable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no form"))
    }
}

#[test]
fn a_value_that_has_no_text_form_is_not_sent_in_part() {
    let peer = Peer::play(wait_for_close);
    let mut client = peer.client();
    assert_eq!(kind(&client.send(&Unencodable).unwrap_err()), Some(io::ErrorKind::InvalidInput));
    client.send(&ProjectRequest::Ping).unwrap();
    assert_eq!(client.path(), Path::new(&peer.path()));
    peer.finish(client);
}
