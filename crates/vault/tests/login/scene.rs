//! A room with a key, a folder of recipes and a memory-backed folder for homes, and `remo-login` run in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remo_testkit::{Needle, PrivateDirectory, Scan, file_scan, skip};

use crate::room::{BINARY, Outcome, Room};

pub(crate) struct Scene {
    pub(crate) room: Room,
    memory: PrivateDirectory,
    /// Tools that are scripts: what they write is in their text, so they are no part of the vault's disk.
    tools: PrivateDirectory,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Room::with_key())
    }

    /// With a store of the real fnox.
    pub(crate) fn of_fnox(fnox: PathBuf) -> Self {
        Self::of(Room::of_fnox(fnox))
    }

    fn of(room: Room) -> Self {
        let scene = Self { room, memory: PrivateDirectory::new(), tools: PrivateDirectory::new() };
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

    /// The folder in which homes are made.
    pub(crate) fn homes(&self) -> PathBuf {
        self.memory().join(format!("remo-login-{}", rustix::process::geteuid().as_raw()))
    }

    /// The tool's home, while there is one.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.homes()).ok()?;
        let mut homes = entries.map(|entry| entry.expect("an entry").path());
        homes.find(|path| path.file_name().expect("a name") != "lock")
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

    /// Where [`Scene::tool`] puts them.
    pub(crate) fn tools(&self) -> &Path {
        self.tools.path()
    }

    /// Names in the store; none where there is no store yet.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<String> {
        if self.room.store().exists() { self.room.names() } else { Vec::new() }
    }

    /// A tool that is a script.
    pub(crate) fn tool(&self, name: &str, script: &str) -> PathBuf {
        let path = self.tools().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `remo-login` with an environment of this scene's own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.room.command(arguments);
        command
            .arg0("remo-login")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("REMO_LOGIN_RECIPES_DIR", self.recipes())
            .env("REMO_LOGIN_HOME", self.memory());
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

    /// [`Scene::feed`] under strace: no value may be in an argument or an environment of any program that is started,
    /// and no program may open a file for writing outside of its home and the vault. `test` is reported as skipped in
    /// this part where there is no strace.
    #[track_caller]
    pub(crate) fn feed_traced(
        &self,
        arguments: &[&str],
        input: &str,
        values: &[&str],
        test: &str,
    ) -> Outcome {
        if without("strace", test) {
            return self.feed(arguments, input);
        }
        let trace = self.tools().join("trace");
        let link = self.tools().join("remo-login");
        let _ = std::os::unix::fs::symlink(BINARY, &link);
        let plain = self.command(arguments);
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-v", "-s", "1000000", "-e", "trace=execve,open,openat,creat", "-o"]);
        command.arg(&trace).arg(&link).args(arguments).current_dir(self.room.path()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("strace runs");
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let outcome = Outcome::new(child.wait_with_output().expect("strace ends"));
        let traced = fs::read_to_string(trace).expect("the trace");
        assert!(traced.contains("execve("), "{traced}");
        let mut in_the_home = 0;
        for line in traced.lines() {
            if line.contains("execve(") {
                assert!(values.iter().all(|value| !line.contains(value)), "{line}");
            } else if ["O_WRONLY", "O_RDWR", "creat("].iter().any(|mode| line.contains(mode)) {
                let path = opened(line);
                let fine = [self.memory().to_owned(), self.room.vault(), "/dev".into(), "/proc".into()];
                assert!(fine.iter().any(|place| path.starts_with(place)), "{line}");
                in_the_home += u32::from(path.starts_with(self.homes()));
            }
        }
        assert_ne!(in_the_home, 0, "the tool wrote nothing into its home");
        outcome
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.feed(arguments, "")
    }

    /// Fails the test when a file of the vault, or what is left in memory, holds one of `values`, or when a home is
    /// left.
    #[track_caller]
    pub(crate) fn expect_nothing_left(&self, values: &[&str]) {
        self.room.expect_no_plaintext(values);
        assert_eq!(self.home(), None, "the home is left");
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

/// The path that a line of strace says was opened: `openat(AT_FDCWD</folder>, "file", …`.
fn opened(line: &str) -> PathBuf {
    let folder =
        line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("/", |(folder, _)| folder);
    let file = line.split('"').nth(1).expect("a path");
    Path::new(folder).join(file)
}
