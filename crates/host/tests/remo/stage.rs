//! A home, a projects root and a broker of one test's own.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory};

/// The stage.
pub(crate) struct Stage {
    pub(crate) broker: Broker,
    pub(crate) directory: PrivateDirectory,
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let directory = PrivateDirectory::new();
        fs::create_dir(directory.path().join("home")).unwrap();
        let broker = Broker::start(&directory, &BrokerOptions::default());
        Self { broker, directory }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.home().join(".local/state/remo")
    }

    pub(crate) fn project(&self, name: &str) -> PathBuf {
        self.directory.projects_root().join(name)
    }

    /// Writes a file of a project, with its folders.
    pub(crate) fn write(&self, project: &str, file: &str, text: &str) -> PathBuf {
        let path = self.project(project).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The environment of every program.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let own = |name: &str, value: OsString| (OsString::from(name), value);
        vec![
            own("HOME", self.home().into()),
            own("PATH", std::env::var_os("PATH").unwrap_or_default()),
            own("SHELL", "/bin/sh".into()),
            own("REMO_PROJECTS_ROOT", self.directory.projects_root().into()),
            own("REMO_BROKER_ADMIN_SOCKET", self.directory.admin_socket().into()),
            own("REMO_INSTANCE", "box".into()),
            own("REMO_VAULT_KEY_DIR", self.directory.path().join("key").into()),
            // No engine: nothing here may start a container of the machine.
            own(
                "REMO_DOCKER_HOST",
                format!("unix://{}", self.directory.path().join("no-engine").display()).into(),
            ),
        ]
    }

    pub(crate) fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).env_clear().envs(self.environment()).current_dir("/").stdin(Stdio::null());
        command
    }

    pub(crate) fn remo(&self, words: &[&str]) -> Ended {
        ended(&mut self.command(&remo(), words))
    }

    /// Runs the binary under another of its names.
    pub(crate) fn under(&self, name: &str, words: &[&str]) -> Ended {
        let link = self.directory.path().join(name);
        if !link.exists() {
            symlink(remo(), &link).unwrap();
        }
        ended(&mut self.command(&link, words))
    }
}

pub(crate) fn remo() -> PathBuf {
    env!("CARGO_BIN_EXE_remo").into()
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

impl Ended {
    #[track_caller]
    pub(crate) fn expect(self, code: i32, said: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.out.contains(said) || self.err.contains(said), "no `{said}` in {self:?}");
        self
    }
}

/// A script that can be run.
pub(crate) fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
