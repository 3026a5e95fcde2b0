//! One user with two projects, the gate, and a shared engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use remo_gate::approvals::{Pin, Store};
use remo_gate::core::finding::Grant;
use tempfile::TempDir;

use crate::engine::{self, Engine};

/// A home with a projects root in it.
pub(crate) struct Stage {
    pub(crate) engine: Arc<Engine>,
    home: TempDir,
    pub(crate) project: String,
}

/// What the gate said and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    /// It was let through and succeeded.
    #[track_caller]
    pub(crate) fn passed(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// It was refused with these words, and a hint.
    #[track_caller]
    pub(crate) fn refused(self, words: &str) {
        assert_eq!(self.code, Some(125), "{self:?}");
        assert!(self.err.contains(words), "does not say `{words}`: {}", self.err);
        assert!(self.err.contains("\nhint: "), "{}", self.err);
        assert_eq!(self.out, "");
    }
}

impl Stage {
    /// None when the machine has no engine; said by the name of the test.
    pub(crate) fn new(test: &str, project: &str) -> Option<Self> {
        let engine = engine::shared(test)?;
        let home = tempfile::Builder::new().prefix("home-").tempdir_in("/var/tmp").unwrap();
        let stage = Self { engine, home, project: project.to_owned() };
        fs::create_dir_all(stage.path()).unwrap();
        fs::create_dir_all(stage.projects().join("neighbour/.remo")).unwrap();
        fs::create_dir(stage.home().join("tmp")).unwrap();
        Some(stage)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn projects(&self) -> PathBuf {
        self.home().join("projects")
    }

    /// The project's directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.projects().join(&self.project)
    }

    /// A file of the project.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The gate as a command that is not started yet.
    pub(crate) fn command(&self, name: &str) -> Command {
        let link = self.home().join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_remo-docker"), &link).unwrap();
        }
        let mut command = Command::new(link);
        command
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", self.home().join("tmp"))
            .env("REMO_PROJECT", &self.project)
            .env("REMO_DOCKER", "/usr/bin/docker")
            .env("REMO_DOCKER_HOST", self.engine.host())
            .env("DOCKER_BUILDKIT", "0")
            .current_dir(self.path());
        command
    }

    /// `remo-docker WORDS`
    pub(crate) fn gate(&self, words: &[&str]) -> Answer {
        self.command("remo-docker").args(words).output().unwrap().into()
    }

    /// `remo-docker-compose WORDS`
    pub(crate) fn compose(&self, words: &[&str]) -> Answer {
        self.command("remo-docker-compose").args(words).output().unwrap().into()
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.home().join(".local/state/remo")).unwrap()
    }

    /// Approves what the last refused command asked for; what it was.
    pub(crate) fn approve(&self) -> Vec<String> {
        let store = self.store();
        let wanted = store.wanted(&self.project).unwrap();
        let grants: Vec<Grant> = wanted
            .iter()
            .map(|Pin { text, words, .. }| Grant { text: text.clone(), words: words.clone() })
            .collect();
        store.approve(&self.project, &grants).unwrap();
        wanted.into_iter().map(|pin| pin.text).collect()
    }
}
