//! What has arrived on a connection and was not handed out yet.

use memchr::memchr;
use remo_secret::Secret;

/// Bytes in the order of their arrival. Each is searched for a newline once, however long a line becomes and
/// in how many waits it arrives.
#[derive(Debug)]
pub(super) struct Pending {
    bytes: Secret,
    /// Everything before belongs to lines that were handed out.
    taken: usize,
    /// There is no newline between `taken` and here.
    searched: usize,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { bytes: Secret::new(Vec::new()), taken: 0, searched: 0 }
    }

    /// The next whole line, without its newline.
    pub(super) fn take_line(&mut self) -> Option<Secret> {
        let held = self.bytes.expose();
        let Some(found) = memchr(b'\n', &held[self.searched..]) else {
            self.searched = held.len();
            return None;
        };
        let end = self.searched + found;
        let line = Secret::new(held[self.taken..end].to_vec());
        self.taken = end + 1;
        self.searched = self.taken;
        if self.taken == held.len() {
            *self = Self::new();
        }
        Some(line)
    }

    /// Appends what has arrived.
    pub(super) fn append(&mut self, chunk: &[u8]) {
        if self.taken > 0 {
            // What was handed out goes before more is held; at most one chunk is left to move.
            self.bytes = Secret::new(self.bytes.expose()[self.taken..].to_vec());
            self.searched -= self.taken;
            self.taken = 0;
        }
        self.bytes.append(chunk);
    }
}
