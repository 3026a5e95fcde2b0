//! A connection that sends whatever a test wants, when it wants.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Gid, Uid};
use serde_json::Value;

use crate::wait::PATIENCE;

/// A raw stream to one of the broker's sockets. Answers are waited for within [`PATIENCE`].
#[derive(Debug)]
pub struct RawConnection {
    stream: UnixStream,
    pending: Vec<u8>,
}

/// What a read came to.
enum Arrival {
    Bytes,
    End,
}

impl RawConnection {
    /// Connects.
    ///
    /// # Panics
    /// When nobody listens at `path`.
    pub fn open(path: &Path) -> Self {
        Self::try_open(path).unwrap_or_else(|error| panic!("cannot connect to {}: {error}", path.display()))
    }

    /// Connects.
    ///
    /// # Errors
    /// What the system said.
    pub fn try_open(path: &Path) -> io::Result<Self> {
        Ok(Self::over(UnixStream::connect(path)?))
    }

    /// Connects as another user, for root only, to the socket `file` in `directory`.
    ///
    /// Only the thread that connects becomes that user, without groups and capabilities. It reaches the
    /// directory as a container does that has it mounted: by its descriptor, not by the path above it.
    ///
    /// # Errors
    /// What the system said.
    ///
    /// # Panics
    /// When the thread cannot become that user.
    pub fn open_as(uid: u32, directory: &Path, file: &str) -> io::Result<Self> {
        let flags = i32::try_from((OFlags::PATH | OFlags::DIRECTORY).bits()).expect("open flags");
        let directory = File::options().read(true).custom_flags(flags).open(directory)?;
        let path = format!("/proc/self/fd/{}/{file}", directory.as_raw_fd());
        let become_and_connect = move || {
            let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
            rustix::thread::set_thread_groups(&[]).expect("no further groups");
            rustix::thread::set_thread_res_gid(group, group, group).expect("another group");
            rustix::thread::set_thread_res_uid(user, user, user).expect("another user");
            UnixStream::connect(path)
        };
        let stream = std::thread::spawn(become_and_connect).join().expect("the thread of the other user")?;
        drop(directory);
        Ok(Self::over(stream))
    }

    fn over(stream: UnixStream) -> Self {
        stream.set_write_timeout(Some(PATIENCE)).expect("a time limit for sending");
        Self { stream, pending: Vec::new() }
    }

    /// The stream itself.
    pub fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When they cannot be sent.
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("bytes are sent");
    }

    /// Sends bytes as they are; for peers that may close meanwhile.
    ///
    /// # Errors
    /// What the system said.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a line: `text` and a newline.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn send_line(&mut self, text: &str) {
        self.send(format!("{text}\n").as_bytes());
    }

    /// Ends the sending side only.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn end_sending(&self) {
        self.stream.shutdown(Shutdown::Write).expect("the sending side ends");
    }

    /// Sends a request and reads its answer.
    ///
    /// # Panics
    /// When there is none, or it is not one object.
    pub fn ask(&mut self, request: &str) -> Value {
        self.send_line(request);
        self.answer()
    }

    /// The next line as a JSON object.
    ///
    /// # Panics
    /// When there is none, or it is not one object.
    pub fn answer(&mut self) -> Value {
        let line = self.line().expect("the connection ended instead of an answer");
        let value: Value = serde_json::from_slice(&line).expect("an answer is JSON");
        assert!(value.is_object(), "an answer is an object");
        value
    }

    /// The next line without its newline; `None` when the connection ended.
    ///
    /// # Panics
    /// When nothing comes within [`PATIENCE`], or the connection ends inside a line.
    pub fn line(&mut self) -> Option<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut searched = 0;
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.pending[searched..]) {
                let rest = self.pending.split_off(searched + found + 1);
                let mut line = std::mem::replace(&mut self.pending, rest);
                line.pop();
                return Some(line);
            }
            searched = self.pending.len();
            match self.receive(deadline).expect("an answer in time") {
                Arrival::Bytes => {}
                Arrival::End => {
                    assert!(self.pending.is_empty(), "the connection ended inside a line");
                    return None;
                }
            }
        }
    }

    /// Reads at most `count` bytes and gives them back; for readers that are slow on purpose.
    ///
    /// # Panics
    /// When nothing comes within [`PATIENCE`].
    pub fn some_bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.set_read_timeout(Some(PATIENCE)).expect("a time limit for reading");
        let length = self.stream.read(&mut bytes).expect("bytes in time");
        bytes.truncate(length);
        bytes
    }

    /// Everything until the end of the connection. A reset ends it too.
    ///
    /// # Panics
    /// When the end does not come within `limit`.
    pub fn until_end(&mut self, limit: Duration) -> Vec<u8> {
        let deadline = Instant::now() + limit;
        loop {
            match self.receive(deadline) {
                Ok(Arrival::Bytes) => {}
                Ok(Arrival::End) => return std::mem::take(&mut self.pending),
                Err(error) => panic!("the connection did not end within {limit:?}: {error}"),
            }
        }
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Arrival> {
        let mut chunk = [0; 16 * 1024];
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left))?;
        match self.stream.read(&mut chunk) {
            Ok(0) => Ok(Arrival::End),
            Ok(length) => {
                self.pending.extend_from_slice(&chunk[..length]);
                Ok(Arrival::Bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Arrival::End),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Arrival::Bytes),
            Err(error) => Err(error),
        }
    }
}
