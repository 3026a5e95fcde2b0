//! A private directory with a store and a key, and the binary run in it with an environment of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use remo_testkit::{Broker, BrokerOptions, Needle, PrivateDirectory, Project, Scan, file_scan, wait};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_remo-vault");

/// A directory for one test.
pub(crate) struct Room {
    directory: PrivateDirectory,
    /// The store's file name.
    store: &'static str,
    /// The real fnox, in a room whose store is fnox's.
    fnox: Option<PathBuf>,
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            status: output.status.code().expect("ended by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Fails the test unless the command ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl Room {
    /// A directory with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { directory: PrivateDirectory::new(), store: "store.age", fnox: None }
    }

    /// A directory with a key, for a store of the real `fnox`.
    #[allow(dead_code, reason = "for the tests of fnox, which share this file")]
    pub(crate) fn of_fnox(fnox: PathBuf) -> Self {
        let room = Self { store: "fnox.toml", fnox: Some(fnox), ..Self::empty() };
        room.run(&["key", "ensure", "--allow-plaintext"]).expect(0);
        room
    }

    /// A directory with a key.
    pub(crate) fn with_key() -> Self {
        let room = Self::empty();
        room.run(&["key", "ensure", "--allow-plaintext"]).expect(0);
        room
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A memory-backed folder of mode 0700.
    #[allow(dead_code, reason = "for the tests of the key ladder")]
    pub(crate) fn memory(&self) -> &Path {
        self.directory.secrets_dir()
    }

    /// The folder of store and key; the product makes it.
    pub(crate) fn vault(&self) -> PathBuf {
        self.path().join("vault")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.vault().join(self.store)
    }

    /// A file that belongs to the store: its path with `suffix` behind.
    pub(crate) fn beside_store(&self, suffix: &str) -> PathBuf {
        self.vault().join(format!("{}{suffix}", self.store))
    }

    pub(crate) fn previous(&self) -> PathBuf {
        self.beside_store(".previous")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.vault().join("key.txt")
    }

    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.directory.admin_socket()
    }

    /// The binary with `arguments`, pointed at this room by its environment, which holds nothing else.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("REMO_VAULT_STORE", self.store())
            .env("REMO_VAULT_KEY_FILE", self.key())
            .env("REMO_BROKER_ADMIN_SOCKET", self.admin_socket())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(fnox) = &self.fnox {
            command.env("REMO_VAULT_FNOX", fnox);
        }
        command
    }

    /// Runs a command to its end, with nothing on standard input.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        Outcome::new(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs a command to its end with `input` on standard input.
    pub(crate) fn feed<A: AsRef<OsStr>>(&self, arguments: &[A], input: &[u8]) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that refuses before it reads closes the pipe.
        let _ = stdin.write_all(input);
        drop(stdin);
        Outcome::new(child.wait_with_output().expect("the binary ends"))
    }

    /// Stores `value` under `name`.
    #[track_caller]
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.feed(&["set", name], value.as_bytes()).expect(0);
    }

    /// Writes `document` as the store, as a program other than ours might.
    pub(crate) fn seal(&self, document: &serde_json::Value) {
        let key = fs::read_to_string(self.key()).expect("a key");
        let identity = key.lines().last().expect("an identity").parse::<age::x25519::Identity>();
        let recipient = identity.expect("an identity").to_public();
        let sealed = age::encrypt(&recipient, document.to_string().as_bytes()).expect("encrypts");
        fs::write(self.store(), sealed).expect("the store is written");
        fs::set_permissions(self.store(), fs::Permissions::from_mode(0o600)).expect("the mode is set");
    }

    /// The value under `name`.
    #[track_caller]
    pub(crate) fn reveal(&self, name: &str) -> String {
        self.run(&["get", name, "--reveal"]).expect(0).stdout
    }

    /// Names in the store.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<String> {
        let listing = self.run(&["list", "--json"]).expect(0).stdout;
        let listing: serde_json::Value = serde_json::from_str(&listing).expect("JSON");
        let secrets = listing["secrets"].as_array().expect("an array");
        secrets.iter().map(|secret| secret["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Names of the files in the vault's folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.vault()).expect("the vault's folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    }

    /// Fails the test when a file below the room holds one of `values`, in whatever form.
    #[track_caller]
    pub(crate) fn expect_no_plaintext(&self, values: &[&str]) {
        let needles: Vec<_> = values.iter().map(|value| Needle::new("value", value.as_bytes())).collect();
        assert!(matches!(file_scan(&[self.path()], &needles), Scan::Clean { bytes: 1.. }));
    }

    /// The real broker, in this room.
    pub(crate) fn broker(&self) -> Broker {
        Broker::start(&self.directory, &BrokerOptions::default())
    }

    /// A project that may have `secrets`, approved by `broker`.
    pub(crate) fn project(&self, broker: &Broker, secrets: &[&str]) {
        broker.approve(&Project::new(&self.directory, PROJECT, secrets));
    }
}

/// The project of [`Room::project`].
pub(crate) const PROJECT: &str = "project-a";

/// Permission bits of a file or folder.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

/// Waits until `condition` holds; fails the test when it does not in time.
#[track_caller]
pub(crate) fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    wait::until_true(wait::PATIENCE, what, condition);
}
