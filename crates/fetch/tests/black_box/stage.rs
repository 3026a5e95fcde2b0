//! A broker, a project that is approved, a home, and the helper as a container would run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, Project};

/// The project of every test.
pub(crate) const PROJECT: &str = "project-a";

/// A file binding for the secret `aws`, and a variable for `gh`.
pub(crate) const BINDINGS: &str = r#"
[secrets.gh]
env_var = "GH_TOKEN"

[secrets.aws]
fetch_as = "file"
file_path = "~/.aws/credentials"
file_mode = "0600"
"#;

pub(crate) struct Stage {
    pub(crate) broker: Broker,
    pub(crate) project: Project,
    pub(crate) home: PathBuf,
    pub(crate) secrets: PathBuf,
    pub(crate) directory: PrivateDirectory,
}

/// How the helper ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stage {
    /// A broker without secrets, and a project with these bindings, approved.
    pub(crate) fn new(bindings: &str) -> Self {
        let stage = Self::unapproved(bindings);
        stage.broker.approve(&stage.project);
        stage
    }

    /// The same, registered only.
    pub(crate) fn unapproved(bindings: &str) -> Self {
        let directory = PrivateDirectory::new();
        let broker = Broker::start(&directory, &BrokerOptions::default());
        let project = Project::without_manifest(&directory, PROJECT);
        let home = directory.path().join("home");
        fs::create_dir(&home).unwrap();
        let secrets = directory.secrets_dir().join("secrets");
        let stage = Self { broker, project, home, secrets, directory };
        stage.bind(bindings);
        stage.broker.register(&stage.project).unwrap();
        stage
    }

    /// Writes the manifest, without approving it.
    pub(crate) fn bind(&self, bindings: &str) {
        self.project.write_manifest(&format!("schema_version = 1\nproject = \"{PROJECT}\"\n{bindings}"));
    }

    /// The helper with a clean environment and one second of patience.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_in(&self.secrets, arguments)
    }

    /// The same, with another directory for secrets.
    pub(crate) fn command_in(&self, secrets: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_remo-fetch-secrets"));
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("REMO_PROJECT", PROJECT)
            .env("REMO_BROKER_PROJECT_SOCKET", self.broker.socket(PROJECT))
            .env("REMO_SECRETS_DIR", secrets)
            .env("REMO_FETCH_SECRETS_TIMEOUT_SECONDS", "1")
            .env("HOME", &self.home)
            .stdin(Stdio::null())
            .args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&self.command(arguments).output().unwrap())
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// A file of the set in force.
    pub(crate) fn current(&self, name: &str) -> PathBuf {
        self.secrets.join("current").join(name)
    }

    pub(crate) fn credentials(&self) -> PathBuf {
        self.home.join(".aws/credentials")
    }
}

pub(crate) fn ended(output: &Output) -> Ended {
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Ended with `code` and said all of `words`, and with a hint.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:?}");
        }
        assert!(self.stderr.contains("\nhint: "), "no hint in {self:?}");
    }
}

/// Every file and link below `directory`.
pub(crate) fn everything_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(everything_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
