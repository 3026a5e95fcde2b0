//! What a watch without a terminal says: names and reasons, never a value, and never much.

use std::fs::File;
use std::io::stderr;

use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate, openat};

use super::{Storage, tree};

/// Its name, in the storage.
pub(crate) const JOURNAL: &str = "watch.log";

/// Beyond this it begins anew: it lies in memory, beside the secrets.
const LONGEST: i64 = 64 * 1024;

impl Storage {
    /// Opens the journal, for the standard error of a watch; `None` where there is no room for one.
    pub(crate) fn journal(&self) -> Option<File> {
        self.open_journal().or_else(|| {
            // Something else is in its place.
            tree::remove(self.descriptor(), JOURNAL).ok()?;
            self.open_journal()
        })
    }

    fn open_journal(&self) -> Option<File> {
        // Without blocking, so that a planted pipe cannot hold us up.
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        let file = File::from(openat(self.descriptor(), JOURNAL, flags, Mode::RUSR | Mode::WUSR).ok()?);
        file.metadata().ok().filter(std::fs::Metadata::is_file).map(|_| file)
    }
}

/// Begins the journal anew when it has become long; nothing where standard error is something else.
pub(crate) fn keep_short() {
    let status = fstat(stderr());
    if status.is_ok_and(|status| {
        FileType::from_raw_mode(status.st_mode) == FileType::RegularFile && status.st_size > LONGEST
    }) {
        let _ = ftruncate(stderr(), 0);
    }
}
