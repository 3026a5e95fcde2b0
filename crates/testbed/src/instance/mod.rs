//! A whole instance: a container that boots systemd as process 1, with an engine of its own and sshd, on a network
//! without a way out.
//!
//! What that leaves out, compared with a machine: a kernel of its own (modules, the clock, swap), firmware and boot
//! loader, and a disk that can be pulled. `docs/decisions/0023-instance-in-a-container.md` says more.

mod boot;
mod host;
mod image;
mod laptop;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use remo_testkit::wait;

pub use image::USER;
pub(crate) use image::make_image;
pub use laptop::Laptop;

use crate::command::{Ended, run_within, run_within_with_input};
use crate::{Engine, bootstrap, programs};
use host::Host;

/// How long a boot may take on a busy machine.
const BOOT: Duration = Duration::from_mins(4);

/// How long one command may take on a busy machine: building an image of a project is part of it.
const CALL: Duration = Duration::from_mins(8);

/// The engine's usual network.
const NETWORK: &str = "bridge";

/// A running instance; gone when it is dropped, with everything on its disk.
#[derive(Debug)]
pub struct Instance {
    host: Arc<Host>,
    container: String,
}

impl Instance {
    /// Boots a new instance with the host name `name`, and waits until it runs.
    ///
    /// # Errors
    /// The reason to skip a test for, when something is missing here.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn boot(name: &str) -> Result<Self, String> {
        let host = Host::shared()?;
        let container = boot::boot(&host, name);
        let instance = Self { host, container };
        instance.wait_until_up();
        Ok(instance)
    }

    /// Waits until the boot has ended, well or not.
    ///
    /// # Panics
    /// When it does not end.
    pub fn wait_until_up(&self) {
        wait::until_true(BOOT, "the end of the boot", || {
            let state = self.try_run(&["systemctl", "is-system-running"]).stdout;
            matches!(state.trim(), "running" | "degraded" | "maintenance")
        });
    }

    /// The command of the engine's client that runs `words` in the instance, with these `options`.
    fn exec(&self, options: &[&str], words: &[&str]) -> Command {
        let docker = bootstrap::docker();
        let mut command = Command::new(&docker);
        command
            .arg("exec")
            .args(options)
            .arg(&self.container)
            .args(words)
            .env_clear()
            .env("PATH", programs::search_path(&docker))
            .env("DOCKER_HOST", format!("unix://{}", self.host.engine.socket().display()));
        command
    }

    /// Runs a command as root.
    pub fn try_run(&self, words: &[&str]) -> Ended {
        run_within(CALL, &mut self.exec(&[], words))
    }

    /// Runs a command as root; what it printed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> String {
        self.try_run(words).succeeded().stdout
    }

    /// Runs a command as root with `input` on its standard input.
    pub fn try_run_with_input(&self, words: &[&str], input: &[u8]) -> Ended {
        run_within_with_input(CALL, &mut self.command(words), input)
    }

    /// A command of root's that is not started yet; what is written to it reaches the program in the instance.
    pub fn command(&self, words: &[&str]) -> Command {
        self.exec(&["--interactive"], words)
    }

    /// Runs shell code as root; what it printed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn shell(&self, code: &str) -> String {
        self.run(&["/bin/sh", "-euc", code])
    }

    /// Runs shell code as the person of [`USER`], in a shell as after a login.
    pub fn try_as_user(&self, code: &str) -> Ended {
        self.try_run(&["runuser", "--login", USER.0, "--shell", "/bin/bash", "--command", code])
    }

    /// The same; what it printed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn as_user(&self, code: &str) -> String {
        self.try_as_user(code).succeeded().stdout
    }

    /// Writes a file of root's with this mode, and the folders that it needs.
    ///
    /// # Panics
    /// When it cannot be written.
    #[track_caller]
    pub fn write(&self, path: &str, mode: u32, content: impl AsRef<[u8]>) {
        let code = r#"mkdir -p "$(dirname "$1")" && rm -f "$1" && umask 077 && cat >"$1" && chmod "$2" "$1""#;
        let mode = format!("{mode:o}");
        let words = ["/bin/sh", "-euc", code, "sh", path, &mode];
        let _ = self.try_run_with_input(&words, content.as_ref()).succeeded();
    }

    /// Copies a file of the test program's machine.
    ///
    /// # Panics
    /// When it cannot be read or written.
    #[track_caller]
    pub fn copy(&self, from: &Path, to: &str, mode: u32) {
        self.write(to, mode, fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())));
    }

    /// What a unit said since the boot.
    ///
    /// # Panics
    /// When the journal cannot be read.
    pub fn journal(&self, unit: &str) -> String {
        self.run(&["journalctl", "--boot", "--no-pager", "--output", "short-monotonic", "--unit", unit])
    }

    /// Units that failed, with what each said.
    ///
    /// # Panics
    /// When systemd does not answer.
    pub fn failed_units(&self) -> Vec<String> {
        self.run(&["systemctl", "list-units", "--failed", "--plain", "--no-legend"])
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .map(|unit| format!("{unit}:\n{}", self.journal(unit)))
            .collect()
    }

    /// Shuts down in systemd's order and boots again: a new process 1, and nothing left of `/run` and `/tmp`.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn reboot(&self) {
        self.host.engine.docker(&["restart", "--time", "120", &self.container]);
        self.wait_until_up();
    }

    /// Pulls the plug, and boots again.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn lose_power(&self) {
        self.host.engine.docker(&["kill", &self.container]);
        self.host.engine.docker(&["start", &self.container]);
        self.wait_until_up();
    }

    /// A number of this boot alone.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn boot_id(&self) -> String {
        self.run(&["cat", "/proc/sys/kernel/random/boot_id"]).trim().to_owned()
    }

    /// Its address in the engine's network.
    ///
    /// # Panics
    /// When it has none.
    pub fn address(&self) -> String {
        let format = "{{.NetworkSettings.IPAddress}}";
        let address = self.host.engine.docker(&["inspect", "--format", format, &self.container]);
        assert!(!address.trim().is_empty(), "the instance has no address");
        address.trim().to_owned()
    }

    /// Takes its network away: nobody is told, connections just stay silent.
    ///
    /// # Panics
    /// When it has none.
    pub fn lose_network(&self) {
        self.host.engine.docker(&["network", "disconnect", NETWORK, &self.container]);
    }

    /// Gives it a network again, maybe with another address.
    ///
    /// # Panics
    /// When it has one.
    pub fn regain_network(&self) {
        self.host.engine.docker(&["network", "connect", NETWORK, &self.container]);
    }

    /// Where its disk lies on the test program's machine: what it has written over its image, and its volumes.
    ///
    /// # Panics
    /// When the engine does not say.
    pub fn disk(&self) -> Vec<PathBuf> {
        let format = "{{.GraphDriver.Data.UpperDir}}{{range .Mounts}} {{.Source}}{{end}}";
        let folders = self.host.engine.docker(&["inspect", "--format", format, &self.container]);
        folders.split_whitespace().map(PathBuf::from).collect()
    }

    /// The engine that it runs on.
    pub fn engine(&self) -> &Engine {
        &self.host.engine
    }

    /// Its container in [`Self::engine`].
    pub fn container(&self) -> &str {
        &self.container
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Nobody waits for it: the engine has its own time for that, and its end is the end of all that is left.
        self.host.engine.remove_soon(&self.container);
    }
}
