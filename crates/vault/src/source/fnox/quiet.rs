//! Reading a file that others write in place: fnox empties it and writes it anew, so who looks in that moment finds it
//! empty or cut. That is not damage, and what helps against damage would undo the writing.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use remo_secret::Secret;
use rustix::event::{Timespec, poll};

use super::CONFIGURATION_MAX;
use super::configuration::Configuration;
use crate::private_file::{self, PrivateFileError};

/// How long a writer gets to finish. fnox takes less than a millisecond from emptying the file to its last byte.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// Between two looks.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// A file that was written to less than this ago may be written to again in the same go.
const QUIET: Duration = Duration::from_millis(10);

/// Reads the configuration `store`, again for up to `patience` while it looks as if it were being written; then as it is.
pub(super) fn read(store: &Path, patience: Duration) -> Result<Secret, PrivateFileError> {
    let deadline = Instant::now() + patience;
    loop {
        let content = private_file::read(store, CONFIGURATION_MAX)?;
        if patience.is_zero() || is_quiet(store, &content) || Instant::now() >= deadline {
            return Ok(content);
        }
        // Interrupted, it looks a little earlier.
        let _ = poll(&mut [], Some(&LOOK_AGAIN));
    }
}

/// Whether `content` is a whole configuration, and `store` still has its length and was not written to just now.
fn is_quiet(store: &Path, content: &Secret) -> bool {
    if Configuration::parse(content, store).is_err() {
        return false;
    }
    let Ok(metadata) = fs::symlink_metadata(store) else { return true };
    // A time of change in the future is that of a clock that was put back.
    let just_now = metadata
        .modified()
        .is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|since| since < QUIET));
    !just_now && u64::try_from(content.len()).is_ok_and(|length| length == metadata.len())
}
