//! What is demanded of every container.

use std::panic::{AssertUnwindSafe, catch_unwind};

use remo_containers::{ContainerProject, Stage};
use remo_testbed::{DevContainers, Ended, Engine};

use crate::rows::Sees;

/// A demand, and a column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Starts,
    Command,
    Exec,
    Shells,
    Files,
    Closed,
    Inspect,
    Restarts,
    Rebuilds,
}

impl Column {
    /// All, in the order of the table.
    pub(crate) const ALL: [(Self, &'static str); 9] = [
        (Self::Starts, "hooks"),
        (Self::Command, "command"),
        (Self::Exec, "exec"),
        (Self::Shells, "shells"),
        (Self::Files, "files"),
        (Self::Closed, "closed"),
        (Self::Inspect, "inspect"),
        (Self::Restarts, "restart"),
        (Self::Rebuilds, "rebuild"),
    ];
}

/// How a row came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) number: usize,
    pub(crate) title: &'static str,
    pub(crate) met: Vec<Column>,
    pub(crate) failures: Vec<(Column, String)>,
}

impl Outcome {
    pub(crate) fn new(number: usize, title: &'static str) -> Self {
        Self { number, title, met: Vec::new(), failures: Vec::new() }
    }

    /// Notes whether `demand` is met; a panic says that it is not.
    pub(crate) fn demand(&mut self, column: Column, demand: impl FnOnce()) {
        match catch_unwind(AssertUnwindSafe(demand)) {
            Ok(()) => self.met.push(column),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                self.failures.push((column, text.unwrap_or_default()));
            }
        }
    }
}

/// A project and who starts its container.
pub(crate) struct Workspace<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) engine: &'a Engine,
    pub(crate) project: &'a ContainerProject,
    pub(crate) tooling: &'a DevContainers<'a>,
    /// Where the tooling keeps session data.
    pub(crate) session: Option<&'static str>,
}

impl Workspace<'_> {
    /// `up`, with every lifecycle command of the user seeing its secrets.
    pub(crate) fn start(&self, arguments: &[&str]) -> String {
        let up = self.tooling.up(self.project.path(), arguments);
        for hook in ["onCreateCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"] {
            self.seen(&up, hook);
        }
        DevContainers::container(up)
    }

    fn seen(&self, up: &Ended, hook: &str) {
        let line = format!("SEEN-{hook}:{}:{}:", self.stage.token, self.stage.key);
        assert!(up.said().contains(&line), "{hook} did not see its secrets: {}", up.said());
    }
}

/// A container that runs.
pub(crate) struct Container<'a> {
    pub(crate) workspace: &'a Workspace<'a>,
    pub(crate) id: String,
    pub(crate) user: &'static str,
    pub(crate) number: u32,
    /// Whether the image has bash, zsh and fish.
    pub(crate) all_shells: bool,
    /// Whether the tooling keeps mounts read-only.
    pub(crate) read_only: bool,
}

impl Container<'_> {
    /// Everything but a restart.
    pub(crate) fn demands(&self, outcome: &mut Outcome, command_sees: Option<Sees>) {
        if let Some(sees) = command_sees {
            outcome.demand(Column::Command, || self.command(sees));
        }
        outcome.demand(Column::Exec, || self.exec());
        outcome.demand(Column::Shells, || self.shells());
        outcome.demand(Column::Files, || self.files());
        outcome.demand(Column::Closed, || self.closed());
        outcome.demand(Column::Inspect, || self.inspect());
    }

    /// Stopped and started again, by the engine and by the tooling.
    pub(crate) fn restart(&self, arguments: &[&str]) {
        let engine = self.workspace.engine;
        engine.docker(&["stop", "--time", "1", &self.id]);
        engine.docker(&["start", &self.id]);
        let up = self.workspace.tooling.up(self.workspace.project.path(), arguments);
        self.workspace.seen(&up, "postStartCommand");
        assert_eq!(DevContainers::container(up), self.id);
        self.exec();
        self.files();
    }

    /// Made anew.
    pub(crate) fn rebuild(&self, arguments: &[&str]) {
        let arguments = [arguments, &["--remove-existing-container"]].concat();
        let id = self.workspace.start(&arguments);
        assert_ne!(id, self.id);
        self.exec();
    }

    /// What the image's own command saw.
    fn command(&self, sees: Sees) {
        let noted = self.as_user("0", &["cat", "/dev/shm/seen-by-the-command"]);
        let line = format!("GH_TOKEN={}", self.workspace.stage.token);
        assert_eq!(noted.lines().any(|found| found == line), sees == Sees::Secrets, "{noted}");
    }

    /// What a command of the tooling sees.
    fn exec(&self) {
        let project = self.workspace.project.path();
        let env = self.workspace.tooling.exec(project, &[], &["env"]).succeeded().stdout;
        let line = format!("GH_TOKEN={}", self.workspace.stage.token);
        assert!(env.lines().any(|found| found.trim_end() == line), "{env}");
    }

    /// What shells of the remote user see that are started past the tooling.
    fn shells(&self) {
        let mut shells = vec![["sh", "-lc"], ["sh", "-ic"]];
        if self.all_shells {
            shells.extend([["bash", "-lc"], ["bash", "-ic"], ["zsh", "-c"], ["zsh", "-lic"]]);
            shells.extend([["fish", "-c"], ["fish", "-lic"]]);
        }
        for [shell, option] in shells {
            let seen = self.as_user(self.user, &[shell, option, "echo \"<$GH_TOKEN>\""]);
            assert!(seen.contains(&format!("<{}>", self.workspace.stage.token)), "{shell} {option}: {seen}");
        }
    }

    /// The file of the remote user.
    fn files(&self) {
        let content = self.as_user(self.user, &["sh", "-c", "cat ~/.aws/credentials"]);
        assert_eq!(content, self.workspace.stage.key);
        let about = self.as_user(
            self.user,
            &[
                "sh",
                "-c",
                "readlink ~/.aws/credentials; stat -L -c '%a %u' ~/.aws/credentials /dev/shm/remo-secrets",
            ],
        );
        let number = self.number;
        let expected = format!("/dev/shm/remo-secrets/current/files/aws\n600 {number}\n700 {number}\n");
        assert_eq!(about, expected);
    }

    /// What others get, and what cannot be changed.
    fn closed(&self) {
        let engine = self.workspace.engine;
        let secrets = ["sh", "-c", "cat /dev/shm/remo-secrets/current/env.sh"];
        let other = engine.try_docker(&[&["exec", "--user", "4321", &self.id][..], &secrets].concat());
        assert!(!other.status.success() && !other.said().contains(&self.workspace.stage.token), "{other:?}");
        if self.number != 0 {
            // The shell of another user works, without secrets.
            let root = self.as_user("0", &["sh", "-lc", "echo \"<$GH_TOKEN>\""]);
            assert_eq!(root.trim(), "<>");
        }
        let manifest = format!("/workspaces/{}/.remo", self.workspace.project.name());
        let mut attempts = vec![format!("mv {manifest} {manifest}.moved"), format!("rm -r {manifest}")];
        if self.read_only {
            attempts.push(format!("echo x >{manifest}/manifest.toml"));
            attempts.push("rm -r /run/remo-broker".to_owned());
        }
        let before = self.manifest();
        for attempt in attempts.iter().filter(|attempt| self.read_only || attempt.starts_with("mv")) {
            let ended = engine.try_docker(&["exec", "--user", "0", &self.id, "sh", "-c", attempt]);
            assert!(!ended.status.success(), "{attempt}: {ended:?}");
        }
        assert_eq!(self.manifest(), before);
        if let Some(folder) = self.workspace.session {
            let copies = self
                .as_user("0", &["sh", "-c", &format!("readlink {folder}/env-loginInteractiveShell.json")]);
            assert_eq!(copies.trim(), "/dev/null");
        }
        if self.number != 0 {
            // A program that its user cannot read is one whose memory that user cannot read.
            let helper = ["cat", "/usr/local/share/remo-secrets/remo-fetch-secrets"];
            let read = engine.try_docker(&[&["exec", "--user", self.user, &self.id][..], &helper].concat());
            assert!(!read.status.success(), "the helper can be read");
        }
    }

    fn manifest(&self) -> String {
        std::fs::read_to_string(self.workspace.project.file(".remo/manifest.toml")).unwrap()
    }

    /// What the engine says about the container and its image.
    fn inspect(&self) {
        let engine = self.workspace.engine;
        let container = engine.docker(&["inspect", &self.id]);
        let image = engine.docker(&["inspect", "--format", "{{.Image}}", &self.id]);
        let history = engine.docker(&["history", "--no-trunc", image.trim()]);
        let said = format!(
            "{container}{}{history}{}",
            engine.docker(&["inspect", image.trim()]),
            engine.logs(&self.id)
        );
        for value in [&self.workspace.stage.token, &self.workspace.stage.key] {
            assert!(!said.contains(value.as_str()), "a value in what the engine says");
        }
    }

    fn as_user(&self, user: &str, command: &[&str]) -> String {
        let arguments = [&["exec", "--user", user, &self.id][..], command].concat();
        self.workspace.engine.docker(&arguments)
    }
}
