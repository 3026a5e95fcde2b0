//! A room with a key, a folder of recipes and a memory-backed folder for homes, and `remo-login` run in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remo_testkit::{Needle, PrivateDirectory, Scan, file_scan, skip};

use crate::room::{BINARY, Outcome, Room};

#[allow(dead_code, reason = "for the tests to come")]
pub(crate) struct Scene {
    pub(crate) room: Room,
    memory: PrivateDirectory,
}

#[allow(dead_code, reason = "for the tests to come")]
impl Scene {
    pub(crate) fn new() -> Self {
        let scene = Self { room: Room::with_key(), memory: PrivateDirectory::new() };
        fs::create_dir(scene.recipes()).unwrap();
        scene
    }

    pub(crate) fn recipes(&self) -> PathBuf {
        self.room.path().join("recipes")
    }

    /// `--home`
    pub(crate) fn memory(&self) -> &Path {
        self.memory.secrets_dir()
    }

    /// Where a tool's home is while it runs.
    pub(crate) fn home(&self) -> PathBuf {
        self.memory().join(format!("remo-login-{}", rustix::process::geteuid().as_raw())).join("home")
    }

    /// Writes a recipe.
    pub(crate) fn recipe(&self, name: &str, text: &str) {
        fs::write(self.recipes().join(format!("{name}.toml")), text).unwrap();
    }

    /// A recipe that runs `script` with a shell as its login and takes `file`.
    pub(crate) fn scripted(&self, name: &str, script: &str, more: &str) {
        let tool = self.tool(name, script);
        let tool = tool.display();
        self.recipe(
            name,
            &format!(
                "schema_version = 1\nname = \"{name}\"\ntitle = \"A test\"\nsecret = \"{}\"\nlasts = \"-\"\n\
                 binding = \"\"\n{more}\n[login]\ncommand = [\"{tool}\"]\n",
                name.replace('-', "_")
            ),
        );
    }

    /// A tool that is a script.
    pub(crate) fn tool(&self, name: &str, script: &str) -> PathBuf {
        let path = self.room.path().join(format!("{name}-tool"));
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `remo-login` with an environment of this scene's own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg0("remo-login")
            .args(arguments)
            .current_dir(self.room.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("REMO_VAULT_STORE", self.room.store())
            .env("REMO_VAULT_KEY_FILE", self.room.key())
            .env("REMO_LOGIN_RECIPES_DIR", self.recipes())
            .env("REMO_LOGIN_HOME", self.memory())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end with `input` on standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Outcome::new(child.wait_with_output().expect("the binary ends"))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.feed(arguments, "")
    }

    /// Fails the test when a file of the vault, or what is left in memory, holds one of `values`, or when a home is
    /// left.
    #[track_caller]
    pub(crate) fn expect_nothing_left(&self, values: &[&str]) {
        self.room.expect_no_plaintext(values);
        assert!(!self.home().exists(), "the home is left");
        let needles: Vec<_> = values.iter().map(|value| Needle::new("value", value.as_bytes())).collect();
        let scan = file_scan(&[self.memory()], &needles);
        assert!(matches!(scan, Scan::Clean { .. }), "{scan:?}");
    }
}

/// The text of a shipped recipe under another name, with `more` behind it.
pub(crate) fn variant(text: &str, from: &str, to: &str, more: &str) -> String {
    let named = text.replace(&format!("name = \"{from}\""), &format!("name = \"{to}\""));
    assert_ne!(named, text, "the recipe has another name");
    format!("{named}\n{more}")
}

/// Whether `program` is there; otherwise `test` is reported as skipped.
pub(crate) fn without(program: &str, test: &str) -> bool {
    let there =
        ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
    if !there {
        skip::skipped(test, &format!("there is no {program}"));
    }
    !there
}
