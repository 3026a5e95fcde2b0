//! An instance: a room whose key stands on the ladder, with a host key and a boot of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remo_testkit::{Broker, Needle, Scan, Swtpm, file_scan, fnox, skip};

use crate::room::{Outcome, PROJECT, Room, wait_until};
use crate::watcher::Watcher;

/// How every identity begins; the shortest needle that finds any.
const IDENTITY: &str = "AGE-SECRET-KEY-1";

/// What seals.
#[derive(Clone)]
pub(crate) enum Sealer {
    /// The host key.
    HostKey,
    /// A TPM2, by the name that systemd has for it.
    Tpm2(String),
    /// There is no systemd-creds.
    Nothing,
}

/// The instance; its folders are removed when it is dropped.
pub(crate) struct Instance {
    room: Room,
    pub(crate) sealer: Sealer,
    /// Where systemd has its host key, which is this instance's alone.
    pub(crate) host_key: PathBuf,
    pub(crate) fnox: Option<PathBuf>,
}

impl Deref for Instance {
    type Target = Room;

    fn deref(&self) -> &Room {
        &self.room
    }
}

impl Instance {
    /// An instance without a key, for the test `name`; `None` where the machine cannot have one.
    pub(crate) fn new(name: &str, sealer: Sealer) -> Option<Self> {
        Self::with(name, sealer, None)
    }

    /// The same with a store of fnox, which is there once there is a key.
    pub(crate) fn with_fnox(name: &str, sealer: Sealer) -> Option<Self> {
        let program = fnox::program(name)?;
        Self::with(name, sealer, Some(program))
    }

    fn with(name: &str, sealer: Sealer, fnox: Option<PathBuf>) -> Option<Self> {
        if !matches!(sealer, Sealer::Nothing) {
            if skip::without_root(name) {
                return None;
            }
            if Command::new("systemd-creds").arg("--version").output().is_err() {
                skip::skipped(name, "there is no systemd-creds");
                return None;
            }
        }
        let room = match &fnox {
            Some(program) => Room::of_fnox(program.clone()),
            None => Room::empty(),
        };
        // A key on the disk is what there is not on this ladder.
        let _ = fs::remove_file(room.key());
        let host_key = room.path().join("host/credential.secret");
        fs::create_dir(host_key.parent().expect("a folder")).expect("a folder");
        Some(Self { room, sealer, host_key, fnox })
    }

    /// The folder of the unsealed key.
    pub(crate) fn runtime_dir(&self) -> PathBuf {
        self.memory().join("run")
    }

    /// The unsealed key.
    pub(crate) fn unsealed(&self) -> PathBuf {
        self.runtime_dir().join("key.txt")
    }

    /// The folder of the sealed key.
    pub(crate) fn sealed_dir(&self) -> PathBuf {
        self.path().join("sealed")
    }

    /// Names in the folder of the sealed key, sorted.
    pub(crate) fn sealed_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.sealed_dir()).expect("the folder of the sealed key");
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The binary, pointed at this instance.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = self.room.command(arguments);
        command.env("REMO_VAULT_KEY_FILE", self.unsealed()).env("SYSTEMD_CREDENTIAL_SECRET", &self.host_key);
        match self.sealer {
            Sealer::Nothing => command.env("PATH", self.path()),
            _ => command.env("PATH", std::env::var_os("PATH").unwrap_or_default()),
        };
        command
    }

    /// `key …` as root of the instance types it.
    pub(crate) fn key_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["key"]);
        command.args(arguments).arg("--sealed-dir").arg(self.sealed_dir());
        command.arg("--runtime-dir").arg(self.runtime_dir());
        match &self.sealer {
            Sealer::HostKey => command.arg("--no-tpm2"),
            Sealer::Tpm2(device) => command.args(["--tpm2-device", device]),
            Sealer::Nothing => &mut command,
        };
        command
    }

    /// Runs `key …` to its end.
    pub(crate) fn key(&self, arguments: &[&str]) -> Outcome {
        Outcome::new(self.key_command(arguments).output().expect("the binary runs"))
    }

    /// Runs `key …` to its end with `input` on standard input.
    pub(crate) fn feed_key(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        fed(self.key_command(arguments), input)
    }

    /// Makes the key, and the store of fnox where it is one. The recipient is returned.
    pub(crate) fn ensure(&self) -> String {
        let recipient = self.key(&["ensure", "--allow-plaintext"]).expect(0).stdout.trim().to_owned();
        if self.fnox.is_some() && !self.store().exists() {
            let text =
                format!("[providers.vault]\ntype = \"age\"\nrecipients = [\"{recipient}\"]\n\n[secrets]\n");
            fs::create_dir_all(self.vault()).expect("the vault's folder");
            fs::write(self.store(), text).expect("a store");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(self.store(), private).expect("the mode is set");
        }
        recipient
    }

    /// Stores `value` under `name` with `remo-vault set`.
    pub(crate) fn set_by_vault(&self, name: &str, value: &str) {
        fed(self.command(&["set", name]), value.as_bytes()).expect(0);
    }

    /// Stores `value` under `name`, with fnox itself where that is the store.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let Some(program) = &self.fnox else {
            return self.set_by_vault(name, value);
        };
        let mut command = Command::new(program);
        command
            .args(["--config"])
            .arg(self.store())
            .args(["set", name, "--provider", "vault"])
            .env_clear()
            .env("FNOX_AGE_KEY_FILE", self.unsealed())
            .env("FNOX_CONFIG_DIR", "/dev/null")
            .env("FNOX_NON_INTERACTIVE", "true")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        fed(command, value.as_bytes()).expect(0);
    }

    /// The value under `name`, as the vault's user sees it.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> String {
        Outcome::new(self.command(&["get", name, "--reveal"]).output().unwrap()).expect(0).stdout
    }

    /// Switches the instance off: what was in memory is gone.
    pub(crate) fn switch_off(&self) {
        if self.runtime_dir().exists() {
            fs::remove_dir_all(self.runtime_dir()).expect("memory is emptied");
        }
    }

    /// The watcher of this instance.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher::run(self.command(&["watch"]))
    }

    /// Fails the test when a file of the instance's disk holds one of `values`, or any identity.
    #[track_caller]
    pub(crate) fn expect_clean_disk(&self, values: &[&str]) {
        let mut needles: Vec<_> = values.iter().map(|value| Needle::new("value", value.as_bytes())).collect();
        needles.push(Needle::new("identity", IDENTITY.as_bytes()));
        let scan = file_scan(&[self.path()], &needles);
        assert!(matches!(scan, Scan::Clean { bytes: 1.. }), "{scan:?}");
    }
}

/// Runs `command` to its end with `input` on standard input.
fn fed(mut command: Command, input: &[u8]) -> Outcome {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that refuses before it reads closes the pipe.
    let _ = stdin.write_all(input);
    drop(stdin);
    Outcome::new(child.wait_with_output().expect("the binary ends"))
}

/// A TPM and an instance that it seals for.
pub(crate) fn with_tpm(name: &str) -> Option<(Swtpm, Instance)> {
    let tpm = Swtpm::start(name)?;
    let instance = Instance::new(name, Sealer::Tpm2(tpm.device()))?;
    Some((tpm, instance))
}

/// Waits until the broker serves `value` as `gh`.
#[track_caller]
pub(crate) fn served(broker: &Broker, value: &str) {
    wait_until("the value being served", || {
        let secret = broker.client(PROJECT).get("gh");
        secret.is_ok_and(|secret| secret.value.expose_text() == Some(value))
    });
}

/// The content of a file as text.
pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file of text")
}
