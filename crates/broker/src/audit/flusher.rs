//! Flushing to the disk, batched, on a thread of its own: the loop that answers never waits for a disk.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

/// Requests that may wait. One is enough: flushing covers everything written before.
const QUEUE: usize = 1;

/// The thread needs no more than its frame and the system call.
const STACK_BYTES: usize = 64 * 1024;

/// Hands files to the flushing thread.
#[derive(Debug)]
pub(super) struct Flusher {
    queue: SyncSender<Arc<File>>,
}

impl Flusher {
    /// Starts the thread. It flushes at most once in `interval`, and ends when the flusher is dropped.
    pub(super) fn start(interval: Duration) -> std::io::Result<Self> {
        let (queue, requests) = sync_channel::<Arc<File>>(QUEUE);
        let (pause, paused) = sync_channel::<()>(0);
        thread::Builder::new().name("audit-flush".into()).stack_size(STACK_BYTES).spawn(move || {
            // Kept open and never used: receiving from it is the pause between two flushes.
            let _pause = pause;
            while let Ok(file) = requests.recv() {
                if let Err(error) = file.sync_data() {
                    log::warn!("the audit log could not be flushed to the disk: {error}");
                }
                drop(file);
                if let Ok(()) | Err(RecvTimeoutError::Disconnected) = paused.recv_timeout(interval) {
                    break;
                }
            }
        })?;
        Ok(Self { queue })
    }

    /// Asks for a flush of `file`; does nothing while one waits already. Returns whether it was taken.
    pub(super) fn request(&self, file: Arc<File>) -> bool {
        !matches!(self.queue.try_send(file), Err(TrySendError::Full(_)))
    }
}
