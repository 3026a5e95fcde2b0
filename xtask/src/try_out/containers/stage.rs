//! An instance of its own: engine, broker, vault and projects, and who types where.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::programs::Programs;
use crate::failure::Failure;
use crate::try_out::command::{self, Ran, Typed};
use crate::try_out::daemon::{self, Daemon};
use crate::try_out::ending::Stop;
use crate::try_out::interruption::Interruption;
use crate::try_out::place::Place;
use crate::try_out::process;
use crate::try_out::story::Story;

/// Where programs of the system are looked for; what else may come first on a caller's `PATH` is not part of this.
const SYSTEM_PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// How long a command may take that makes an image or a container.
const PATIENCE: Duration = Duration::from_mins(8);

/// How long the engine may take to start with its image.
const ENGINE_START_MAX: Duration = Duration::from_mins(4);

/// How long the engine may take to end: what its containers wrote is removed from the disk.
const ENGINE_END_MAX: Duration = Duration::from_mins(5);

/// How long the vault may take to supply a new broker.
const SUPPLY_MAX: Duration = Duration::from_mins(1);

/// Between two looks, each of which is a command.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How many of the last lines of a daemon are shown when the story stops.
const LAST_LINES: usize = 5;

/// The projects of the story.
pub(super) const PROJECTS: [&str; 2] = ["web", "api"];

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// On the instance.
    Host,
    /// In the vault.
    Vault,
    /// In a shell in the container of this project.
    In(&'static str),
}

impl Side {
    fn prompt(self) -> String {
        match self {
            Self::Host => "host$".to_owned(),
            Self::Vault => "vault$".to_owned(),
            Self::In(project) => format!("{project}$"),
        }
    }
}

/// Everything that a chapter works on.
pub(super) struct Stage {
    /// What is told.
    pub(super) story: Story,
    /// Where everything lies but what the engine keeps.
    pub(super) place: Place,
    /// What may end the story early.
    pub(super) interruption: Interruption,
    /// What is run.
    pub(super) programs: Programs,
    engine: Option<Daemon>,
    broker: Option<Daemon>,
    watcher: Option<Daemon>,
    socket: PathBuf,
}

impl Stage {
    /// A stage with nothing running.
    pub(super) fn new(
        story: Story,
        place: Place,
        interruption: Interruption,
        programs: Programs,
    ) -> Result<Self, Failure> {
        programs.install(&place.programs())?;
        let socket = PathBuf::new();
        Ok(Self { story, place, interruption, programs, engine: None, broker: None, watcher: None, socket })
    }

    /// What stands in for the places that things have on a real instance.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let place = &self.place;
        let text = |path: PathBuf| path.display().to_string();
        let engine = format!("unix://{}", self.socket.display());
        vec![
            ("TRY", place.root().display().to_string()),
            ("PATH", format!("{}:{SYSTEM_PATH}", place.programs().display())),
            ("HOME", text(place.home())),
            ("DOCKER_HOST", engine.clone()),
            ("REMO_DOCKER_HOST", engine),
            ("REMO_DOCKER", text(self.programs.docker.clone())),
            // The engine of Debian has no BuildKit client.
            ("DOCKER_BUILDKIT", "0".to_owned()),
            ("REMO_FEATURE", text(self.programs.feature.clone())),
            ("REMO_INSTANCE", "try".to_owned()),
            ("REMO_PROJECTS_ROOT", text(place.path("projects"))),
            ("REMO_BROKER_ADMIN_SOCKET", text(place.admin_socket())),
            ("REMO_VAULT_STORE", text(place.path("vault/store.age"))),
            ("REMO_VAULT_KEY_FILE", text(place.path("vault/key.txt"))),
        ]
    }

    /// A shell on the instance, with nothing of the caller's environment.
    fn shell(&self) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("LC_ALL", "C").envs(self.variables()).current_dir(self.place.root());
        if let Some(broker) = &self.broker {
            shell.env("BROKER", broker.number().to_string());
        }
        shell
    }

    /// Runs a command without telling.
    pub(super) fn quietly(&self, side: Side, typed: &str) -> Result<Ran, Stop> {
        self.runs(side, typed, "")
    }

    fn runs(&self, side: Side, typed: &str, input: &str) -> Result<Ran, Stop> {
        let mut shell = self.shell();
        let script = match side {
            Side::Host | Side::Vault => typed,
            Side::In(project) => {
                shell.env("PROJECT", project).env("TYPED", typed);
                r#"exec remo shell -p "$PROJECT" --exec "$TYPED""#
            }
        };
        command::run(shell, Typed { shown: typed, script, input, limit: PATIENCE }, &self.interruption)
    }

    /// Runs a command and shows it with its output.
    pub(super) fn types(&mut self, side: Side, typed: &str) -> Result<Ran, Stop> {
        self.story.typed(&side.prompt(), typed)?;
        let ran = self.quietly(side, typed)?;
        self.story.output(ran.output())?;
        Ok(ran)
    }

    /// Runs a command that reads `input`, a sample, on its standard input.
    pub(super) fn types_with_sample(&mut self, typed: &str, input: &str) -> Result<Ran, Stop> {
        self.story.typed(&Side::Vault.prompt(), typed)?;
        self.story.aside(&format!("(on standard input, a sample: {input})"))?;
        let ran = self.runs(Side::Vault, typed, input)?;
        self.story.output(ran.output())?;
        Ok(ran)
    }

    /// Runs a command of the launcher that starts a container. What the container tooling says meanwhile is indented,
    /// differs from run to run, and is left out.
    pub(super) fn starts_container(&mut self, typed: &str) -> Result<Ran, Stop> {
        self.story.typed(&Side::Host.prompt(), typed)?;
        let ran = self.quietly(Side::Host, typed)?;
        let own: Vec<&str> = ran.output().lines().filter(|line| !line.starts_with("  ")).collect();
        if ran.ended_with(0) {
            self.story.output(&own.join("\n"))?;
        } else {
            self.story.output(ran.output())?;
        }
        Ok(ran)
    }

    /// Waits until `typed` does not fail any more in the container of `project`, at most for `limit`; says how long that took.
    pub(super) fn sees(
        &self,
        limit: Duration,
        project: &'static str,
        what: &str,
        typed: &str,
    ) -> Result<Duration, Stop> {
        let begin = Instant::now();
        while !self.quietly(Side::In(project), typed)?.ended_with(0) {
            if begin.elapsed() > limit {
                return Err(Failure::new(format!("{what}: not within {} s", limit.as_secs())).into());
            }
            self.interruption.wait_a_moment(LOOK_AGAIN)?;
        }
        Ok(begin.elapsed())
    }

    /// Starts the engine.
    pub(super) fn starts_engine(&mut self) -> Result<(), Stop> {
        // The directory that containers see must be there before the broker is.
        fs::create_dir(self.place.path("run")).map_err(Failure::because("cannot make a directory"))?;
        let typed = "remo-testbed engine --sockets $TRY/run";
        let mut engine = self.starts(Side::Host, "remo-testbed engine", typed, "engine")?;
        let said = engine.says_within(ENGINE_START_MAX, "\"socket\"", &self.interruption);
        self.engine = Some(engine);
        let said = said?.0;
        let facts: Value = said
            .lines()
            .find_map(|line| serde_json::from_str(line).ok())
            .ok_or_else(|| Failure::new(format!("the engine does not say where it is: {said}")))?;
        self.socket = facts["socket"].as_str().unwrap_or_default().into();
        Ok(())
    }

    /// Starts the broker and waits until it is ready; says how long that took.
    pub(super) fn starts_broker(&mut self) -> Result<Duration, Stop> {
        let mut broker =
            self.starts(Side::Host, "remo-broker", "remo-broker run --config $TRY/broker.toml", "broker")?;
        let said = broker.says("ready", &self.interruption);
        self.broker = Some(broker);
        let (said, waited) = said?;
        self.story.output(&said)?;
        Ok(waited)
    }

    /// Ends the broker as a crash would, once a command of the story has killed it.
    pub(super) fn broker_is_gone(&mut self) {
        if let Some(broker) = self.broker.take() {
            broker.kill();
        }
    }

    /// Starts the watcher of the vault and waits for its first push.
    pub(super) fn starts_watcher(&mut self) -> Result<(), Stop> {
        let mut watcher = self.starts(Side::Vault, "remo-vault watch", "remo-vault watch", "vault")?;
        let said = watcher.says("pushed ", &self.interruption);
        self.watcher = Some(watcher);
        self.story.output(&said?.0)
    }

    /// Waits until the broker has everything that the vault has.
    pub(super) fn is_supplied(&self) -> Result<(), Stop> {
        let begin = Instant::now();
        while !self.quietly(Side::Vault, "remo-list-creds")?.ended_with(0) {
            if begin.elapsed() > SUPPLY_MAX {
                let seconds = SUPPLY_MAX.as_secs();
                return Err(Failure::new(format!(
                    "the vault should supply the broker: not within {seconds} s"
                ))
                .into());
            }
            self.interruption.wait_a_moment(LOOK_AGAIN)?;
        }
        Ok(())
    }

    fn starts(&mut self, side: Side, name: &'static str, typed: &str, log: &str) -> Result<Daemon, Stop> {
        self.interruption.check()?;
        self.story.typed(&side.prompt(), &format!("{typed} &"))?;
        Ok(Daemon::start(self.shell(), name, typed, self.place.logs().join(log))?)
    }

    /// The last lines of every daemon, for somebody who has to find out what went wrong.
    pub(super) fn last_words(&self) -> String {
        let mut words = String::new();
        for log in ["engine", "broker", "vault"] {
            let said = fs::read_to_string(self.place.logs().join(log)).unwrap_or_default();
            let lines: Vec<_> = said.lines().collect();
            for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
                words.extend(["  ", log, ": ", line, "\n"]);
            }
        }
        words
    }

    /// Ends every process and removes what was made; says how many processes had to be killed. All of it is done
    /// whatever fails on the way; the first failure is returned.
    pub(super) fn leaves(self, interrupted: bool) -> (Story, Result<usize, Failure>) {
        let Self { story, place, engine, broker, watcher, socket, .. } = self;
        let mut result = Ok(());
        // The engine first: with it go the containers, which ask the broker. It ends by the signal itself while it
        // still starts.
        for (daemon, limit) in
            [(engine, ENGINE_END_MAX), (watcher, daemon::END_MAX), (broker, daemon::END_MAX)]
        {
            if let Some(daemon) = daemon {
                result = result.and(daemon.end(interrupted, limit));
            }
        }
        let killed = process::end_all();
        let removed = place.remove().and_then(|()| gone(&socket));
        (story, result.and(removed).and(killed))
    }
}

/// What the engine kept is gone with it.
fn gone(socket: &Path) -> Result<(), Failure> {
    let Some(folder) = socket.parent().filter(|folder| folder.exists()) else { return Ok(()) };
    Err(Failure::new(format!("the engine left {} behind", folder.display()))
        .hint(format!("rm -r {}", folder.display())))
}
