//! A memory-backed directory that is gone when the fuzzer is, however it ends.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Memory-backed on every Linux: the broker's flushes to the disk cost nothing there.
const MEMORY_BACKED: &str = "/dev/shm";

/// A private directory and the process that removes it.
#[derive(Debug)]
pub(crate) struct PrivateDirectory {
    path: PathBuf,
    /// Waits for the end of its input, which comes with the end of this process. libFuzzer leaves without
    /// running destructors, and after a finding nothing else could clean up.
    _remover: Child,
}

impl PrivateDirectory {
    /// Makes a directory.
    pub(crate) fn new() -> Self {
        let path = tempfile::Builder::new()
            .prefix("remo-fuzz-")
            .rand_bytes(5)
            .tempdir_in(MEMORY_BACKED)
            .expect("a private directory")
            .keep();
        let remover = Command::new("sh")
            .args(["-c", "cat >/dev/null; rm -rf -- \"$1\"", "sh"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C on the terminal ends the fuzzer, not its remover.
            .process_group(0)
            .spawn()
            .expect("a process that removes the private directory");
        Self { path, _remover: remover }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
