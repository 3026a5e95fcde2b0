//! Small HTTP servers in the place of the services that tools log in to.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// What a tool asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A status, further headers, a body.
pub(crate) type Response = (u16, Vec<(&'static str, String)>, String);

/// A JSON answer.
pub(crate) fn json(value: &serde_json::Value) -> Response {
    (200, vec![("Content-Type", "application/json".to_owned())], value.to_string())
}

/// What was asked, in order.
pub(crate) type Asked = Arc<Mutex<Vec<Request>>>;

/// Serves on a free port of this machine until the process ends; gives `127.0.0.1:PORT`.
pub(crate) fn on_a_port(answer: impl Fn(&str, &Request) -> Response + Send + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (asked, own) = (Asked::default(), address.clone());
    let record = Arc::clone(&asked);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let reader = connection.try_clone().expect("a second handle");
            serve(reader, connection, &record, &|request| answer(&own, request));
        }
    });
    (address, asked)
}

/// Serves on a Unix socket.
pub(crate) fn on_a_socket(path: &Path, answer: impl Fn(&Request) -> Response + Send + 'static) -> Asked {
    let listener = UnixListener::bind(path).expect("a socket");
    let asked = Asked::default();
    let record = Arc::clone(&asked);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let reader = connection.try_clone().expect("a second handle");
            serve(reader, connection, &record, &answer);
        }
    });
    asked
}

/// One request a connection; a tool that hangs up is its own affair.
fn serve(
    reader: impl Read,
    mut writer: impl Write,
    asked: &Asked,
    answer: &dyn Fn(&Request) -> Response,
) -> Option<()> {
    let mut reader = BufReader::new(reader);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: String::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    let (status, headers, body) = answer(&request);
    asked.lock().expect("the record").push(request);
    let mut response =
        format!("HTTP/1.1 {status} Answer\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(response, "{name}: {value}\r\n");
    }
    write!(writer, "{response}\r\n{body}").and_then(|()| writer.flush()).ok()
}
