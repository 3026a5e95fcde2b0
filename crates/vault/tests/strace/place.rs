//! A vault, a broker and a project in a private directory, and commands of them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use remo_testkit::{
    Broker, BrokerOptions, Needle, PrivateDirectory, Project, Scan, binaries, file_scan, wait,
};

use crate::trace::{self, Leak, Trace, Traced};

/// The project.
pub(crate) const PROJECT: &str = "project-a";

/// Everything of one test.
pub(crate) struct Place {
    pub(crate) broker: Broker,
    pub(crate) directory: PrivateDirectory,
    /// The real fnox, where the store is fnox's.
    fnox: Option<PathBuf>,
    strace: &'static Path,
    /// Every value, and the vault key once there is one.
    needles: Vec<Needle>,
    /// Programs that were started, by their names.
    pub(crate) started: Vec<String>,
}

impl Place {
    /// A running broker, and nothing in the vault.
    pub(crate) fn new(strace: &'static Path, fnox: Option<PathBuf>, values: &[(&str, &str)]) -> Self {
        let directory = PrivateDirectory::new();
        let wrapper = directory.path().join("remo-broker");
        let record = directory.secrets_dir().join("broker.strace");
        fs::write(&wrapper, trace::wrapper(strace, &binaries::path("remo-broker"), &record)).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        let options = BrokerOptions { binary: Some(wrapper), ..BrokerOptions::default() };
        let broker = Broker::start(&directory, &options);
        let needles = values.iter().map(|(label, value)| Needle::new(label, value.as_bytes())).collect();
        fs::create_dir(directory.path().join("home")).unwrap();
        Self { broker, directory, fnox, strace, needles, started: Vec::new() }
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.directory.path().join("vault")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.vault().join(if self.fnox.is_some() { "fnox.toml" } else { "store.age" })
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.vault().join("key.txt")
    }

    /// `remo-vault`, as a person in the vault calls it.
    pub(crate) fn remo_vault<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_remo-vault"));
        command.args(arguments).current_dir(self.directory.path());
        self.in_the_vault(&mut command);
        command
    }

    /// The same binary under another of its names.
    pub(crate) fn called(&self, name: &str, arguments: &[&str]) -> Command {
        let link = self.directory.path().join(name);
        if !link.exists() {
            symlink(env!("CARGO_BIN_EXE_remo-vault"), &link).unwrap();
        }
        let mut command = Command::new(link);
        command.args(arguments).current_dir(self.directory.path());
        self.in_the_vault(&mut command);
        command
    }

    /// The real fnox, likewise.
    pub(crate) fn fnox<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(self.fnox.as_ref().unwrap());
        command.arg("-c").arg(self.store()).args(arguments).current_dir(self.directory.path());
        command.env("FNOX_AGE_KEY_FILE", self.key()).env("FNOX_NON_INTERACTIVE", "true");
        self.in_the_vault(&mut command);
        command
    }

    fn in_the_vault(&self, command: &mut Command) {
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.directory.path().join("home"))
            .env("REMO_VAULT_STORE", self.store())
            .env("REMO_VAULT_KEY_FILE", self.key())
            .env("REMO_BROKER_ADMIN_SOCKET", self.directory.admin_socket())
            .env("REMO_LOGIN_HOME", self.directory.secrets_dir());
        if let Some(fnox) = &self.fnox {
            command.env("REMO_VAULT_FNOX", fnox);
        }
    }

    /// `remo-fetch-secrets`, as the container of the project calls it.
    pub(crate) fn remo_fetch_secrets(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binaries::path("remo-fetch-secrets"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.directory.path().join("home"))
            .env("REMO_PROJECT", PROJECT)
            .env("REMO_BROKER_PROJECT_SOCKET", self.broker.socket(PROJECT))
            .env("REMO_SECRETS_DIR", self.directory.secrets_dir().join("secrets"));
        command
    }

    /// A project that may have `secrets`, approved.
    pub(crate) fn approve(&self, secrets: &[&str]) {
        self.broker.approve(&Project::new(&self.directory, PROJECT, secrets));
    }

    /// Starts a command under `strace`.
    pub(crate) fn start(&self, command: &Command, name: &str) -> Traced {
        // In memory: what it says is not for a disk.
        let record = self.directory.secrets_dir().join(format!("{name}.strace"));
        Traced::start(self.strace, command, record)
    }

    /// Runs a command under `strace` and fails the test unless it succeeds and shows no value to anybody.
    #[track_caller]
    pub(crate) fn run(&mut self, command: &Command, input: &str) -> String {
        self.run_to(0, command, input)
    }

    /// The same for a command that ends with `status`: a question may have the answer no.
    #[track_caller]
    pub(crate) fn run_to(&mut self, status: i32, command: &Command, input: &str) -> String {
        let traced = self.start(command, "run");
        let (output, trace) = traced.finish(input);
        assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
        self.keeps_quiet(&trace, &[]);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Fails the test when the trace shows a value where none may be.
    #[track_caller]
    pub(crate) fn keeps_quiet(&mut self, trace: &Trace, may: &[&str]) {
        let leaks = self.leaks(trace, may);
        assert!(leaks.is_empty(), "{leaks:?}");
        let names = trace.programs().into_iter().filter_map(|path| Path::new(path).file_name()?.to_str());
        let names: Vec<String> = names.map(str::to_owned).collect();
        assert!(!names.is_empty(), "the trace saw nothing");
        self.started.extend(names);
    }

    pub(crate) fn leaks(&self, trace: &Trace, may: &[&str]) -> Vec<Leak> {
        trace.leaks(&self.needles, may, &[])
    }

    /// Makes the vault key, in plaintext and in its own file only. From now on it is looked for too.
    #[track_caller]
    pub(crate) fn makes_key(&mut self) {
        let command = self.remo_vault(&["key", "ensure", "--allow-plaintext"]);
        self.changes_key(&command, "the vault key");
    }

    /// Replaces the vault key.
    #[track_caller]
    pub(crate) fn rotates_key(&mut self) {
        let command = self.remo_vault(&["key", "rotate"]);
        self.changes_key(&command, "the new vault key");
    }

    #[track_caller]
    fn changes_key(&mut self, command: &Command, label: &str) {
        let (output, trace) = self.start(command, "key").finish("");
        succeeded(&output);
        let key = fs::read_to_string(self.key()).unwrap();
        let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
        self.needles.push(Needle::new(label, secret.as_bytes()));
        // Also under the names that the file has before it is whole.
        let leaks = trace.leaks(&self.needles, &[], &[&self.key()]);
        assert!(leaks.is_empty(), "{leaks:?}");
        assert!(!self.leaks(&trace, &[]).is_empty(), "the trace shows how the file was written");
    }

    /// Ends the broker, which had every value in its memory, and fails the test when it showed one to anybody.
    #[track_caller]
    pub(crate) fn broker_keeps_quiet(&mut self) {
        self.broker.terminate(wait::PATIENCE);
        let trace = Trace::of_ending(&self.directory.secrets_dir().join("broker.strace"));
        assert!(trace.writes_into(self.broker.audit_log()), "the trace shows what the broker writes");
        self.keeps_quiet(&trace, &[]);
    }

    /// Fails the test when a file holds a value, or another file than the key's own the key.
    #[track_caller]
    pub(crate) fn holds_no_plaintext(&self) {
        // A rotation keeps the key before for a while, in the same way as the present one is kept.
        let kept = self.key().with_extension("txt.kept");
        let files: Vec<_> = [self.key(), kept].into_iter().filter(|file| file.exists()).collect();
        let keys: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
        for file in &files {
            fs::remove_file(file).unwrap();
        }
        let scan = file_scan(&[self.directory.path()], &self.needles);
        for (file, key) in files.iter().zip(keys) {
            fs::write(file, key).unwrap();
        }
        assert!(matches!(scan, Scan::Clean { bytes: 1.. }), "{scan:?}");
    }
}

#[track_caller]
pub(crate) fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
