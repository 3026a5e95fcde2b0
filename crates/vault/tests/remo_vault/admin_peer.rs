//! A scripted admin socket, for what a healthy broker never does: hang, refuse for no reason, speak another
//! version. Everything else is tested against the real broker.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// How the peer answers one kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// As a broker does.
    Well,
    /// Not at all.
    Never,
    /// With this line.
    Line(&'static str),
    /// By closing the connection.
    Close,
}

/// What the peer was asked: the `op` of each request, in order.
pub(crate) type Asked = Receiver<String>;

/// Listens at `socket` until the process ends. The n-th request gets the n-th answer; those behind the last
/// one get [`Answer::Well`].
pub(crate) fn listen(socket: &Path, script: &'static [Answer]) -> Asked {
    fs::create_dir_all(socket.parent().expect("a folder")).expect("a folder");
    let listener = UnixListener::bind(socket).expect("a socket");
    let (report, asked) = channel();
    thread::spawn(move || {
        let mut script = script.iter().copied();
        let mut generation = 0;
        // Connections that get no answer stay open.
        let mut silent = Vec::new();
        for connection in listener.incoming() {
            let connection = connection.expect("a connection");
            silent.extend(serve(connection, &mut script, &mut generation, &report));
        }
    });
    asked
}

/// Serves one connection to its end, or to a request that is not answered.
fn serve(
    connection: UnixStream,
    script: &mut impl Iterator<Item = Answer>,
    generation: &mut u64,
    report: &Sender<String>,
) -> Option<UnixStream> {
    let mut reader = BufReader::new(connection.try_clone().expect("a second handle"));
    let mut writer = connection;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
        let request: serde_json::Value = serde_json::from_str(&line).expect("a request");
        let operation = request["op"].as_str().expect("an operation").to_owned();
        let answer = match script.next().unwrap_or(Answer::Well) {
            Answer::Well => well(&operation, generation),
            Answer::Line(line) => line.to_owned(),
            Answer::Close => return None,
            Answer::Never => {
                let _ = report.send(operation);
                return Some(writer);
            }
        };
        let _ = report.send(operation);
        if writeln!(writer, "{answer}").is_err() {
            return None;
        }
        line.clear();
    }
    None
}

fn well(operation: &str, generation: &mut u64) -> String {
    match operation {
        "status" => serde_json::json!({
            "ok": true, "broker_version": "0", "protocol_version": 2, "instance_id": "scripted",
            "uptime_seconds": 1, "secret_count": 0, "secrets_loaded_at": null, "cleared": false,
            "generation": *generation, "projects": [],
        }),
        "push-creds" => {
            *generation += 1;
            serde_json::json!({
                "ok": true, "loaded_at": "2026-05-31T02:30:00Z", "secret_count": 1, "generation": *generation,
            })
        }
        _ => serde_json::json!({ "ok": true }),
    }
    .to_string()
}
