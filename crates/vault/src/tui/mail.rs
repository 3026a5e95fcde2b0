//! What the background threads tell the driver, with a descriptor to wait on.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::audit::Lines;
use super::job::Done;
use crate::overview::Overview;

/// How many letters wait at most: a screen that stands still must not fill the memory.
const WAITING_MAX: usize = 16;

/// One piece of news.
#[derive(Debug)]
pub(super) enum Letter {
    /// A picture is being made.
    Asking,
    /// A new picture, and whether there is a store at all.
    Picture(Box<Overview>, bool),
    /// What a look at the audit log found.
    Audit(io::Result<Lines>),
    /// A job ended.
    Done(Done),
}

/// The side of a background thread.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    letters: SyncSender<Letter>,
    wake: Arc<UnixStream>,
}

impl Sender {
    /// Sends, waiting for room; `false` when nobody reads any more.
    pub(super) fn send(&self, letter: Letter) -> bool {
        let sent = self.letters.send(letter).is_ok();
        // Full: the other side has not taken earlier wakes yet, and one of them is enough.
        let _ = (&*self.wake).write(&[0]);
        sent
    }
}

/// The driver's side.
#[derive(Debug)]
pub(super) struct Mailbox {
    letters: Receiver<Letter>,
    wake: UnixStream,
}

impl Mailbox {
    /// A mailbox and what fills it.
    pub(super) fn new() -> io::Result<(Self, Sender)> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        let (sender, receiver) = sync_channel(WAITING_MAX);
        Ok((Self { letters: receiver, wake: reader }, Sender { letters: sender, wake: Arc::new(writer) }))
    }

    /// What has come.
    pub(super) fn take(&self) -> Vec<Letter> {
        let mut wakes = [0; 64];
        while matches!((&self.wake).read(&mut wakes), Ok(1..)) {}
        self.letters.try_iter().take(WAITING_MAX).collect()
    }

    /// Waits for the end of a job, at most `limit`; other news are dropped.
    pub(super) fn wait_for_job(&self, limit: std::time::Duration) {
        let deadline = std::time::Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            match self.letters.recv_timeout(left) {
                Ok(Letter::Done(_)) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
