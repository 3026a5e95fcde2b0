//! The vault of an instance: its store, and the watcher that pushes it.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use remo_containers::Stage;
use remo_testkit::{PrivateDirectory, binaries, wait};

/// The vault. Dropped, its watcher ends.
pub(crate) struct Vault {
    place: PrivateDirectory,
    admin_socket: PathBuf,
    watcher: Option<Child>,
}

impl Vault {
    /// A vault with a key, one secret that no project asks for, and a watcher.
    pub(crate) fn new(stage: &Stage) -> Self {
        let place = PrivateDirectory::new();
        let mut vault = Self { place, admin_socket: stage.directory.admin_socket(), watcher: None };
        vault.run("remo-vault", &["key", "ensure", "--allow-plaintext"], "");
        vault.run("remo-login", &["token", "--name", "first"], "vended-first\n");
        vault.watch();
        vault
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(binaries::path("remo-vault"));
        command
            .arg0(name)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.place.path())
            .env("REMO_VAULT_STORE", self.place.path().join("store.age"))
            .env("REMO_VAULT_KEY_FILE", self.place.path().join("key.txt"))
            .env("REMO_BROKER_ADMIN_SOCKET", &self.admin_socket);
        command
    }

    /// Runs a command of the vault, which succeeds.
    #[track_caller]
    pub(crate) fn run(&self, name: &str, words: &[&str], input: &str) -> String {
        let mut command = self.command(name);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{name} {words:?}: {said}");
        said
    }

    fn watch(&mut self) {
        let mut command = self.command("remo-vault-watcher");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.watcher = Some(command.spawn().unwrap());
    }

    /// Ends the watcher, and starts another one on the same store.
    pub(crate) fn is_replaced(&mut self) {
        self.end();
        self.watch();
    }

    fn end(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            watcher.kill().unwrap();
            watcher.wait().unwrap();
        }
    }

    /// Waits until the broker has what the store has.
    pub(crate) fn has_pushed(&self) {
        wait::until_true(wait::PATIENCE, "a broker that has everything", || {
            self.command("remo-list-creds").output().unwrap().status.success()
        });
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.end();
    }
}
