//! Broker, vault and project of one try-out: who types where, and what is running.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::command::{self, Ran, Typed};
use super::daemon::{self, Daemon};
use super::ending::Stop;
use super::interruption::Interruption;
use super::place::Place;
use super::process;
use super::programs::Programs;
use super::request::{self, Answer};
use super::story::Story;
use crate::failure::Failure;

/// Where shells look for programs when the caller has no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How long the helper waits for a required secret. Shorter than in a container, where daemons start late.
const HELPER_PATIENCE_SECONDS: &str = "5";

/// How long the watcher may take to report what it has said.
const REPORT_MAX: Duration = Duration::from_secs(10);

/// How many of the last lines of a daemon are shown when the story stops.
const LAST_LINES: usize = 5;

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In the vault.
    Vault,
    /// On the instance.
    Host,
    /// In the container of the project.
    Demo,
}

impl Side {
    fn prompt(self) -> &'static str {
        match self {
            Self::Vault => "vault$",
            Self::Host => "host$",
            Self::Demo => "demo$",
        }
    }
}

/// Everything that a chapter works on.
pub(super) struct Stage {
    /// What is told.
    pub(super) story: Story,
    /// Where everything lies.
    pub(super) place: Place,
    /// What may end the story early.
    pub(super) interruption: Interruption,
    programs: Programs,
    path: String,
    /// What was typed in the vault and holds for every later command there.
    prepared: String,
    broker: Option<Daemon>,
    watcher: Option<Daemon>,
    helper: Option<Daemon>,
}

impl Stage {
    /// A stage with nothing running.
    pub(super) fn new(
        story: Story,
        place: Place,
        interruption: Interruption,
        programs: Programs,
        caller_path: Option<&str>,
    ) -> Result<Self, Failure> {
        programs.link(&place.programs())?;
        let path = [place.programs().display().to_string(), programs.directory.display().to_string()];
        let path = format!("{}:{}", path.join(":"), caller_path.unwrap_or(USUAL_PATH));
        let prepared = String::new();
        Ok(Self {
            story,
            place,
            interruption,
            programs,
            path,
            prepared,
            broker: None,
            watcher: None,
            helper: None,
        })
    }

    /// Whether the store is fnox's.
    pub(super) fn with_fnox(&self) -> bool {
        self.programs.fnox.is_some()
    }

    /// What a person in the vault stores and removes secrets with.
    pub(super) fn keeper(&self) -> &'static str {
        if self.with_fnox() { "fnox" } else { "remo-vault" }
    }

    /// The name of the store, below the place.
    pub(super) fn store(&self) -> &'static str {
        if self.with_fnox() { "vault/fnox.toml" } else { "vault/store.age" }
    }

    /// Where the three programs are.
    pub(super) fn programs(&self) -> &Path {
        &self.programs.directory
    }

    /// One of the three programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.directory.join(name)
    }

    /// The variables that stand in for the places that things have on a real instance.
    pub(super) fn variables(&self, side: Side) -> Vec<(&'static str, PathBuf)> {
        let place = &self.place;
        match side {
            Side::Vault => {
                let mut variables = vec![
                    ("REMO_VAULT_STORE", place.path(self.store())),
                    ("REMO_VAULT_KEY_FILE", place.path("vault/key.txt")),
                    ("REMO_BROKER_ADMIN_SOCKET", place.admin_socket()),
                ];
                variables.extend(self.programs.fnox.iter().map(|fnox| ("REMO_VAULT_FNOX", fnox.clone())));
                variables
            }
            Side::Host => Vec::new(),
            Side::Demo => vec![
                ("REMO_PROJECT", "demo".into()),
                ("REMO_BROKER_PROJECT_SOCKET", place.project_socket()),
                ("REMO_SECRETS_DIR", place.path("secrets")),
                ("REMO_FETCH_SECRETS_TIMEOUT_SECONDS", HELPER_PATIENCE_SECONDS.into()),
            ],
        }
    }

    /// A shell of `side`, with nothing of the caller's environment but the search path.
    fn shell(&self, side: Side) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("PATH", &self.path).env("LC_ALL", "C").env("TRY", self.place.root());
        shell.env("HOME", self.place.home()).envs(self.variables(side));
        shell.current_dir(if side == Side::Demo {
            self.place.project()
        } else {
            self.place.root().to_owned()
        });
        if let Some(broker) = &self.broker {
            shell.env("BROKER", broker.number().to_string());
        }
        shell
    }

    /// Runs a command without telling.
    pub(super) fn quietly(&self, side: Side, typed: &str) -> Result<Ran, Stop> {
        self.runs(side, self.shell(side), typed, "")
    }

    fn runs(&self, side: Side, shell: Command, typed: &str, input: &str) -> Result<Ran, Stop> {
        let before = if side == Side::Vault { self.prepared.as_str() } else { "" };
        let script = format!("{before}{typed}");
        let typed = Typed { shown: typed, script: &script, input, limit: command::PATIENCE };
        command::run(shell, typed, &self.interruption)
    }

    /// Types something in the vault that holds for every later command there, as in one shell that stays.
    pub(super) fn prepares(&mut self, typed: &str) -> Result<(), Stop> {
        self.types(Side::Vault, typed)?.exits(0)?;
        self.prepared = format!("{typed}\n");
        Ok(())
    }

    /// Runs a command and shows it with its output.
    pub(super) fn types(&mut self, side: Side, typed: &str) -> Result<Ran, Stop> {
        self.story.typed(side.prompt(), typed)?;
        let ran = self.quietly(side, typed)?;
        self.story.output(ran.output())?;
        Ok(ran)
    }

    /// Runs a command that reads `input`, a sample, on its standard input.
    pub(super) fn types_with_sample(&mut self, typed: &str, input: &str) -> Result<Ran, Stop> {
        self.story.typed(Side::Vault.prompt(), typed)?;
        self.story.aside(&format!("(on standard input, a sample: {input})"))?;
        let ran = self.runs(Side::Vault, self.shell(Side::Vault), typed, input)?;
        self.story.output(ran.output())?;
        Ok(ran)
    }

    /// Runs a command of the vault that reads the file at `env_file`, which it knows as `$ENV_FILE`.
    pub(super) fn types_with_env_file(&mut self, typed: &str, env_file: &Path) -> Result<Ran, Stop> {
        self.story.typed(Side::Vault.prompt(), typed)?;
        let mut shell = self.shell(Side::Vault);
        shell.env("ENV_FILE", env_file);
        let ran = self.runs(Side::Vault, shell, typed, "")?;
        self.story.output(ran.output())?;
        Ok(ran)
    }

    /// Sends a request to the admin socket. The answer is not shown.
    pub(super) fn asks_admin(&mut self, request: &str) -> Result<Answer, Stop> {
        self.story.typed("admin>", request)?;
        self.interruption.check()?;
        Ok(request::send(&self.place.admin_socket(), request)?)
    }

    /// The same without telling.
    pub(super) fn quietly_asks_admin(&self, request: &str) -> Result<Answer, Stop> {
        self.interruption.check()?;
        Ok(request::send(&self.place.admin_socket(), request)?)
    }

    /// Sends a request to the project's socket and shows the answer.
    pub(super) fn asks_as_project(&mut self, request: &str) -> Result<Answer, Stop> {
        self.story.typed("demo>", request)?;
        self.interruption.check()?;
        let answer = request::send(&self.place.project_socket(), request)?;
        self.story.output(answer.line())?;
        Ok(answer)
    }

    /// Waits until `look` finds something in the place, at most for `limit`; says how long that took.
    pub(super) fn sees(
        &self,
        limit: Duration,
        what: &str,
        mut look: impl FnMut(&Place) -> bool,
    ) -> Result<Duration, Stop> {
        let found = self.interruption.until(limit, what, || Ok(look(&self.place).then_some(())))?;
        Ok(found.1)
    }

    /// Starts the broker and waits until it is ready; says how long that took.
    pub(super) fn starts_broker(&mut self) -> Result<Duration, Stop> {
        let typed = "remo-broker run --config $TRY/broker.toml";
        let mut broker = self.starts(Side::Host, "remo-broker", typed, "broker")?;
        let waited = self.shows(&mut broker, "ready");
        self.broker = Some(broker);
        waited
    }

    /// Starts the watcher of the vault and waits for its first push.
    pub(super) fn starts_watcher(&mut self) -> Result<(), Stop> {
        let mut watcher = self.starts(Side::Vault, "remo-vault watch", "remo-vault watch", "vault")?;
        let waited = self.shows(&mut watcher, "pushed ");
        self.watcher = Some(watcher);
        waited.map(drop)
    }

    /// Starts the helper that keeps files fresh.
    pub(super) fn starts_helper(&mut self) -> Result<(), Stop> {
        let typed = "remo-fetch-secrets watch";
        self.helper = Some(self.starts(Side::Demo, "remo-fetch-secrets watch", typed, "helper")?);
        Ok(())
    }

    fn starts(&mut self, side: Side, name: &'static str, typed: &str, log: &str) -> Result<Daemon, Stop> {
        self.interruption.check()?;
        self.story.typed(side.prompt(), &format!("{typed} &"))?;
        Ok(Daemon::start(self.shell(side), name, typed, self.place.logs().join(log))?)
    }

    /// Shows what a daemon says up to `text`.
    fn shows(&mut self, daemon: &mut Daemon, text: &str) -> Result<Duration, Stop> {
        let (said, waited) = daemon.says(text, &self.interruption)?;
        self.story.output(&said)?;
        Ok(waited)
    }

    /// Shows what the watcher of the vault says up to `text`.
    pub(super) fn watcher_says(&mut self, text: &str) -> Result<Duration, Stop> {
        let Some(mut watcher) = self.watcher.take() else {
            return Err(Failure::new("the watcher of the vault is not running").into());
        };
        self.story.aside("(the watcher:)")?;
        let waited = self.shows(&mut watcher, text);
        self.watcher = Some(watcher);
        waited
    }

    /// Waits until the report of the watcher tells of its last push: it is written after the broker's answer.
    pub(super) fn watcher_reports(&self) -> Result<(), Stop> {
        let pushed = self.quietly_asks_admin(r#"{"op":"status"}"#)?.part("/generation").clone();
        let report = format!("{}.watcher.json", self.store());
        self.sees(REPORT_MAX, "the watcher should report its push", |place| {
            let report = fs::read(place.path(&report)).unwrap_or_default();
            let report: Value = serde_json::from_slice(&report).unwrap_or_default();
            report["state"] == "up_to_date" && report["last_push"]["generation"] == pushed
        })?;
        Ok(())
    }

    /// Ends the broker as a crash would, once a command of the story has killed it.
    pub(super) fn broker_is_gone(&mut self) {
        if let Some(broker) = self.broker.take() {
            broker.kill();
        }
    }

    /// The last lines of every daemon, for somebody who has to find out what went wrong.
    pub(super) fn last_words(&self) -> String {
        let mut words = String::new();
        for log in ["broker", "vault", "helper"] {
            let said = fs::read_to_string(self.place.logs().join(log)).unwrap_or_default();
            let lines: Vec<_> = said.lines().collect();
            for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
                words.extend(["  ", log, ": ", line, "\n"]);
            }
        }
        words
    }

    /// Ends every process and removes the directory; says how many processes had to be killed because somebody
    /// left them behind. All of it is done whatever fails on the way; the first failure is returned. After an
    /// interruption a daemon may have been asked to end before it could answer that.
    pub(super) fn leaves(self, interrupted: bool) -> (Story, Result<usize, Failure>) {
        let Self { story, place, broker, watcher, helper, .. } = self;
        // Those who ask first, so that nobody complains that the broker has gone.
        let mut result = Ok(());
        for daemon in [helper, watcher, broker].into_iter().flatten() {
            result = result.and(daemon.end(interrupted, daemon::END_MAX));
        }
        let killed = process::end_all();
        let removed = place.remove();
        (story, result.and(removed).and(killed))
    }
}
