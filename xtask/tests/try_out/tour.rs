//! A run of the try-out in a private runtime directory, and a look at what it left behind.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::programs;

/// A place for try-outs of one test.
pub(crate) struct Room {
    runtime: TempDir,
}

/// How a try-out ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { runtime: tempfile::Builder::new().prefix("xt.").rand_bytes(4).tempdir_in("/dev/shm").unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.runtime.path()
    }

    /// `xtask try` with the real programs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_with(programs::real(), arguments)
    }

    /// The same with the programs in `directory`.
    pub(crate) fn command_with(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs::xtask());
        command.args(["try", "--programs"]).arg(directory).args(arguments);
        command.env("XDG_RUNTIME_DIR", self.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&self.command(arguments).output().unwrap())
    }

    /// Runs with `input` on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        ended(&child.wait_with_output().unwrap())
    }

    /// Everything that a try-out could have left: files, and processes that know the place.
    #[track_caller]
    pub(crate) fn is_empty(&self) {
        let files: Vec<PathBuf> =
            fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.is_empty(), "left behind: {files:?}");
        nobody_knows(self.path());
    }
}

/// Fails when a process has `place` in its command line or environment.
#[track_caller]
pub(crate) fn nobody_knows(place: &Path) {
    let needle = place.to_str().unwrap();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        for part in ["cmdline", "environ"] {
            let text = fs::read(entry.path().join(part)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(needle), "left behind: {} {text}", entry.path().display());
        }
    }
}

pub(crate) fn ended(output: &Output) -> Ended {
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

pub(crate) fn finished(child: Child) -> Ended {
    ended(&child.wait_with_output().unwrap())
}
