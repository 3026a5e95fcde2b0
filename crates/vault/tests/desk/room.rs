//! A vault in a private directory: every command under its own name, and an environment of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, Project, wait};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The binary under all its names.
const BINARY: &str = env!("CARGO_BIN_EXE_remo-vault");

/// Its names.
pub(crate) const NAMES: [&str; 6] =
    ["remo-vault", "remo-login", "remo-list-creds", "remo-test-project", "remo-vend-status", "remo-reload"];

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Fails the test unless the command ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A vault, and a place for a broker and projects.
pub(crate) struct Room {
    pub(crate) directory: PrivateDirectory,
    /// Everything that commands have printed.
    printed: Mutex<String>,
}

impl Room {
    /// A room without key and store.
    pub(crate) fn empty() -> Self {
        let directory = PrivateDirectory::new();
        let bin = directory.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        for name in NAMES {
            symlink(BINARY, bin.join(name)).expect("a name of the binary");
        }
        Self { directory, printed: Mutex::default() }
    }

    /// A room with a key and the secrets `gh` (a scalar) and `aws` (a bundle of `id` and `key`).
    pub(crate) fn stocked() -> Self {
        let room = Self::empty();
        room.run("remo-vault key ensure --allow-plaintext").expect(0);
        room.set("gh", GH);
        room.set("aws", &format!("{{\"id\":\"{AWS_ID}\",\"key\":\"{AWS_KEY}\"}}"));
        room
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("vault/store.age")
    }

    /// The environment of every command, beside nothing.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("PATH", self.path().join("bin")),
            ("REMO_VAULT_STORE", self.store()),
            ("REMO_VAULT_KEY_FILE", self.path().join("vault/key.txt")),
            ("REMO_BROKER_ADMIN_SOCKET", self.directory.admin_socket()),
            ("REMO_INSTANCE", PathBuf::from("box")),
        ]
    }

    /// A command, split at blanks.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let program = words.next().expect("a program");
        let mut command = Command::new(self.path().join("bin").join(program));
        command
            .args(words)
            .current_dir(self.path())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end, with nothing on standard input.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        self.outcome(self.command(line).output().expect("the binary runs"))
    }

    /// Keeps what was printed.
    pub(crate) fn outcome(&self, output: Output) -> Outcome {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        let outcome = Outcome {
            status: output.status.code().expect("ended by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        let mut printed = self.printed.lock().expect("no panic");
        printed.push_str(&outcome.stdout);
        printed.push_str(&outcome.stderr);
        outcome
    }

    /// Everything that was printed so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().expect("no panic").clone()
    }

    /// Stores `value` under `name`.
    #[track_caller]
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.feed(&format!("remo-vault set {name}"), value);
    }

    /// Runs a command that succeeds, with `input` on standard input.
    #[track_caller]
    pub(crate) fn feed(&self, line: &str, input: &str) {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().expect("the binary runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        self.outcome(child.wait_with_output().expect("it ends")).expect(0);
    }

    /// The real broker.
    pub(crate) fn broker(&self) -> Broker {
        Broker::start(&self.directory, &BrokerOptions::default())
    }

    /// A project that is registered and not approved, with this manifest behind its header.
    pub(crate) fn project(&self, broker: &Broker, name: &str, manifest: &str) -> Project {
        let project = Project::without_manifest(&self.directory, name);
        write_manifest(&project, manifest);
        broker.register(&project).expect("registered");
        project
    }

    /// A watcher, once it has looked at everything.
    pub(crate) fn watcher(&self) -> Watcher {
        let mut child = self.command("remo-vault watch").spawn().expect("the binary runs");
        let stderr = child.stderr.take().expect("a pipe");
        thread::spawn(move || BufReader::new(stderr).lines().map_while(Result::ok).for_each(drop));
        Watcher(child)
    }

    /// Waits until `remo-vend-status` shows the watcher in this state.
    #[track_caller]
    pub(crate) fn watcher_becomes(&self, state: &str) {
        wait::until_true(wait::PATIENCE, &format!("the watcher being {state}"), || {
            self.run("remo-vend-status --json").json()["watcher"]["state"] == state
        });
    }
}

/// Values that no output may hold.
pub(crate) const GH: &str = "ghp-tripwire-of-the-desk";
pub(crate) const AWS_ID: &str = "aws-id-tripwire-of-the-desk";
pub(crate) const AWS_KEY: &str = "aws-key-tripwire-of-the-desk";

/// A manifest that fits what is stored.
pub(crate) const MANIFEST: &str = "
[secrets.gh]
env_var = \"GH_TOKEN\"

[secrets.aws]
fetch_as = \"file\"
file_path = \"~/.aws/credentials\"
template = \"id={{id}} key={{key | json}}\"
";

/// Writes a manifest: the header of the project, and `content`.
pub(crate) fn write_manifest(project: &Project, content: &str) {
    let path = project.manifest_path();
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let head = format!("schema_version = 1\nproject = \"{}\"\n", project.name());
    fs::write(path, head + content).expect("a manifest");
}

/// A running watcher; killed when it is dropped.
pub(crate) struct Watcher(Child);

impl Watcher {
    /// Its process number.
    pub(crate) fn process(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("it runs");
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server at the admin socket that answers every request with `answer`; with `None` it never answers.
pub(crate) fn answering(room: &Room, answer: Option<&'static str>) {
    let listener = UnixListener::bind(room.directory.admin_socket()).expect("a socket");
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
            kept.push(stream);
            let Some(answer) = answer else { continue };
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
                if kept.last_mut().expect("a stream").write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
}
