//! Stands between a client and the real broker, and clears the broker right before each push that comes by: the
//! moment that no test could meet by luck.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

/// Listens at `socket` until the process ends and passes everything on to the broker at `broker`.
pub(crate) fn clear_before_pushes(socket: &Path, broker: PathBuf) {
    let listener = UnixListener::bind(socket).expect("a socket");
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (connection, broker) = (connection.expect("a connection"), broker.clone());
            thread::spawn(move || pass_on(&connection, &broker));
        }
    });
}

fn pass_on(connection: &UnixStream, broker: &Path) {
    let upstream = UnixStream::connect(broker).expect("the broker listens");
    let mut answers = BufReader::new(&upstream).lines();
    let mut ask = |request: &str| {
        writeln!(&upstream, "{request}").expect("the broker reads");
        answers.next().expect("an answer").expect("an answer")
    };
    for request in BufReader::new(connection).lines().map_while(Result::ok) {
        if request.starts_with(r#"{"op":"push-creds""#) {
            assert!(ask(r#"{"op":"clear-creds"}"#).contains(r#""ok":true"#));
        }
        if writeln!(&mut &*connection, "{}", ask(&request)).is_err() {
            return;
        }
    }
}
