//! Another machine that logs in over SSH, with a key of its own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::{Instance, USER};
use crate::command::{Ended, run_within};
use crate::programs;

/// How long one command may take on a busy machine.
const CALL: Duration = Duration::from_mins(8);

/// A machine in the engine's network that the instance lets in as [`USER`].
#[derive(Debug)]
pub struct Laptop<'a> {
    instance: &'a Instance,
    folder: TempDir,
}

impl<'a> Laptop<'a> {
    /// Makes a key and has the instance let it in.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(instance: &'a Instance) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a key");
        let mut keygen = Command::new(programs::expect("ssh-keygen"));
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.path().join("key"));
        let _ = run_within(CALL, &mut keygen).succeeded();
        let key = std::fs::read(folder.path().join("key.pub")).expect("the public key");
        let code = "umask 077; mkdir -p ~/.ssh && cat >>~/.ssh/authorized_keys";
        let words = ["runuser", "--login", USER.0, "--command", code];
        let _ = instance.try_run_with_input(&words, &key).succeeded();
        Self { instance, folder }
    }

    /// `ssh` to the instance with further `options`, up to and with its name; what is to run there comes behind.
    pub fn ssh(&self, options: &[&str]) -> Command {
        let known = format!("UserKnownHostsFile={}", self.file("known").display());
        let mut command = Command::new(programs::expect("nsenter"));
        command
            .arg(format!("--net={}", self.instance.engine().network().display()))
            .arg(programs::expect("ssh"))
            .args(["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"])
            .args(["-o", "StrictHostKeyChecking=accept-new", "-o", &known, "-i"])
            .arg(self.file("key"))
            .args(options)
            .arg(format!("{}@{}", USER.0, self.instance.address()))
            .env_clear()
            .env("PATH", programs::search_path(&programs::expect("ssh")))
            .env("TERM", "xterm-256color");
        command
    }

    /// Runs a command line there, as `ssh HOST COMMAND_LINE` does: the login shell reads it.
    pub fn run(&self, command_line: &str) -> Ended {
        run_within(CALL, self.ssh(&["-T"]).arg(command_line))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
