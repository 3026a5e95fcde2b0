//! Running a program to its end, within a time limit, with everything that it said.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use remo_testkit::wait;
use rustix::fs::MemfdFlags;

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// The exit code, when it ended by itself.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Itself, when it succeeded.
    ///
    /// # Panics
    /// With all that it said, when it did not.
    #[track_caller]
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}: {}\n{}", self.status, self.stdout, self.stderr);
        self
    }

    /// Both outputs, one behind the other.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs `command` to its end.
///
/// # Panics
/// When it cannot be started, or does not end within `limit`.
pub fn run_within(limit: Duration, command: &mut Command) -> Ended {
    run(limit, command, Stdio::null())
}

/// The same with `input` on standard input.
///
/// # Panics
/// When it cannot be started, or does not end within `limit`.
pub fn run_within_with_input(limit: Duration, command: &mut Command, input: &[u8]) -> Ended {
    // In memory, since it may be a key; a pipe would need a thread to fill it.
    let memory = rustix::fs::memfd_create("input", MemfdFlags::CLOEXEC).expect("memory for input");
    let mut file = File::from(memory);
    file.write_all(input).expect("the input is written");
    file.rewind().expect("the beginning of the input");
    run(limit, command, Stdio::from(file))
}

fn run(limit: Duration, command: &mut Command, input: Stdio) -> Ended {
    // Files instead of pipes: what the program leaves running may keep them open.
    let mut stdout = tempfile::tempfile().expect("a file for output");
    let mut stderr = tempfile::tempfile().expect("a file for output");
    let clone = |file: &File| file.try_clone().expect("another handle of a file");
    let mut child = command
        .stdin(input)
        .stdout(clone(&stdout))
        .stderr(clone(&stderr))
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", command.get_program().display()));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait::until(limit, "the end of a program", || child.try_wait().expect("a look at a program"))
    }));
    let text = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().expect("the beginning of the output");
        file.read_to_end(&mut bytes).expect("the output");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, err) = (text(&mut stdout), text(&mut stderr));
    let Ok(status) = ended else {
        // Ended already is as good.
        let _ = child.kill();
        let _ = child.wait();
        panic!("{command:?} did not end within {limit:?}:\n{out}\n{err}");
    };
    Ended { status, stdout: out, stderr: err }
}
