//! The vault's program beside a broker: a store under a key of its own, and its watcher.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::instance::Instance;
use crate::process::{Process, wait_until};

/// A store and its key.
#[derive(Debug)]
pub(super) struct Vault {
    program: PathBuf,
    store: PathBuf,
    key: PathBuf,
    admin: PathBuf,
    /// The program, where the store is fnox's.
    fnox: Option<PathBuf>,
}

impl Vault {
    /// Makes a key; the embedded store comes into being with the first value.
    pub(super) fn new(instance: &Instance, program: PathBuf) -> Result<Self, Failure> {
        Self::make(instance, program, "store.age", None)
    }

    /// Makes a key, for a store of the real fnox.
    pub(super) fn of_fnox(instance: &Instance, program: PathBuf, fnox: PathBuf) -> Result<Self, Failure> {
        Self::make(instance, program, "fnox.toml", Some(fnox))
    }

    fn make(
        instance: &Instance,
        program: PathBuf,
        store: &str,
        fnox: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let directory = instance.vault_dir();
        let vault = Self {
            program,
            store: directory.join(store),
            key: directory.join("key"),
            admin: instance.admin_socket(),
            fnox,
        };
        let mut command = Command::new(&vault.program);
        command.args(["key", "ensure", "--allow-plaintext", "--key-file"]).arg(&vault.key);
        finish(command, "")?;
        Ok(vault)
    }

    /// The store.
    pub(super) fn store(&self) -> &Path {
        &self.store
    }

    /// The file with the key.
    pub(super) fn key(&self) -> &Path {
        &self.key
    }

    /// Stores a value, as a person would, and returns when the command has ended.
    pub(super) fn set(&self, name: &str, value: &str) -> Result<(), Failure> {
        let mut command = self.command("set");
        command.arg(name);
        finish(command, value)
    }

    /// Starts the watcher and waits until what it pushed has arrived.
    pub(super) fn watch(&self, instance: &Instance, secrets: u64) -> Result<Process, Failure> {
        let mut command = self.command("watch");
        command.arg("--admin-socket").arg(&self.admin);
        command.stderr(Stdio::null());
        let watcher = Process::start(&mut command)?;
        let mut admin = instance.admin()?;
        wait_until("the watcher does not push", || {
            admin.status().is_ok_and(|status| status.secret_count == secrets)
        })?;
        Ok(watcher)
    }

    fn command(&self, operation: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(operation);
        command.arg("--store").arg(&self.store);
        if let Some(fnox) = &self.fnox {
            command.arg("--fnox").arg(fnox);
        }
        command.arg("--key-file").arg(&self.key);
        command
    }
}

/// Runs a command with `input` on its standard input to its end.
pub(super) fn finish(mut command: Command, input: &str) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::because(format!("cannot start {name}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(Failure::because(format!("cannot write to {name}")))?;
    }
    let output = child.wait_with_output().map_err(Failure::because(format!("cannot wait for {name}")))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        Err(Failure::new(format!("{name} ended with {}: {said}", output.status)))
    }
}
