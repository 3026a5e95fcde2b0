//! Writing the file on a thread of its own: the loop that answers never waits for a disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

/// Texts that may wait. One is enough: the next one is newer.
const QUEUE: usize = 1;

/// The thread needs no more than its frame and the system calls.
const STACK_BYTES: usize = 64 * 1024;

/// Whoever monitors may read it: it holds counts.
const MODE: u32 = 0o644;

/// Hands texts to the writing thread, which ends when this is dropped.
#[derive(Debug)]
pub struct MetricsFile {
    queue: SyncSender<String>,
}

impl MetricsFile {
    /// Starts the thread for the file at `path`, whose directory has to be there.
    pub fn start(path: PathBuf) -> io::Result<Self> {
        let (queue, texts) = sync_channel::<String>(QUEUE);
        thread::Builder::new().name("metrics-write".into()).stack_size(STACK_BYTES).spawn(move || {
            let mut failing = false;
            while let Ok(text) = texts.recv() {
                let written = replace(&path, text.as_bytes());
                if let Err(error) = &written
                    && !failing
                {
                    log::warn!("cannot write the metrics to {}: {error}", path.display());
                }
                failing = written.is_err();
            }
        })?;
        Ok(Self { queue })
    }

    /// Writes `text` soon; does nothing while another one waits already.
    pub fn write(&self, text: String) {
        if let Err(TrySendError::Disconnected(_)) = self.queue.try_send(text) {
            log::error!("the thread that writes metrics has ended");
        }
    }
}

/// Writes under another name in the same directory, and renames.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Not the ending that node_exporter looks for.
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = create(&new)?;
    file.write_all(text)?;
    fs::rename(&new, path)
}

/// A new file of its own: what lies there, a link included, is removed and never written through.
fn create(path: &Path) -> io::Result<File> {
    let open = || fs::OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    open().or_else(|error| {
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
        fs::remove_file(path)?;
        open()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_in_the_way_is_replaced_and_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (path, victim) = (place.path().join("a.prom"), place.path().join("victim"));
        fs::write(&victim, "theirs").unwrap();
        symlink(&victim, place.path().join("a.prom.new")).unwrap();
        symlink(&victim, &path).unwrap();
        replace(&path, b"ours").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
        assert!(path.symlink_metadata().unwrap().is_file());
        assert!(!place.path().join("a.prom.new").exists());
    }
}
