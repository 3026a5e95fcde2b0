//! A room whose store is a fnox configuration, and the real fnox run in it as its user runs it.

use std::fs;
use std::io::Write as _;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use remo_testkit::fnox;

use crate::room::Room;

/// A room with a key and, once [`FnoxRoom::configure`] was called, a store.
pub(crate) struct FnoxRoom {
    room: Room,
    pub(crate) program: PathBuf,
}

impl Deref for FnoxRoom {
    type Target = Room;

    fn deref(&self) -> &Room {
        &self.room
    }
}

impl FnoxRoom {
    /// A room for the test `name`; `None` where there is no fnox.
    pub(crate) fn empty(name: &str) -> Option<Self> {
        let program = fnox::program(name)?;
        Some(Self { room: Room::of_fnox(program.clone()), program })
    }

    /// A room with an empty store.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let room = Self::empty(name)?;
        room.configure("");
        Some(room)
    }

    /// Writes a store with the provider of the vault key and `secrets`, lines of its table of secrets.
    pub(crate) fn configure(&self, secrets: &str) {
        let recipient = self.recipient();
        self.write(&format!(
            "[providers.vault]\ntype = \"age\"\nrecipients = [\"{recipient}\"]\n\n[secrets]\n{secrets}"
        ));
    }

    /// Writes the store, in place, as somebody else might.
    pub(crate) fn write(&self, text: &str) {
        fs::write(self.store(), text).expect("the store is written");
        fs::set_permissions(self.store(), fs::Permissions::from_mode(0o600)).expect("the mode is set");
    }

    /// The store as text.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.store()).expect("the store is text")
    }

    /// The public half of the room's key.
    pub(crate) fn recipient(&self) -> String {
        let key = fs::read_to_string(self.key()).expect("a key");
        let line = key.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("the comment");
        line.to_owned()
    }

    /// Another key, which opens nothing.
    pub(crate) fn other_key(&self) -> PathBuf {
        let path = self.path().join("other.txt");
        let nowhere = self.path().join("nowhere.toml");
        let [path_text, nowhere] = [&path, &nowhere].map(|path| path.to_str().expect("a path of text"));
        self.run(&["key", "ensure", "--allow-plaintext", "--key-file", path_text, "--store", nowhere])
            .expect(0);
        path
    }

    /// fnox itself on the store, with `input` on its standard input.
    pub(crate) fn fnox(&self, arguments: &[&str], input: &[u8]) -> Output {
        self.fnox_on(&self.store(), arguments, input)
    }

    /// fnox itself on another configuration.
    pub(crate) fn fnox_on(&self, store: &Path, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(&self.program)
            .arg("--config")
            .arg(store)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("FNOX_AGE_KEY_FILE", self.key())
            .env("FNOX_CONFIG_DIR", "/dev/null")
            .env("FNOX_NON_INTERACTIVE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("fnox runs");
        // One that does not read closes the pipe.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        child.wait_with_output().expect("fnox ends")
    }

    /// `fnox set`, as a person types it.
    #[track_caller]
    pub(crate) fn fnox_set(&self, name: &str, value: &str) {
        let output = self.fnox(&["set", name], value.as_bytes());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `fnox import` of a JSON object: values exactly as they are.
    #[track_caller]
    pub(crate) fn fnox_import(&self, values: &serde_json::Value) {
        let output = self.fnox(&["import", "-p", "vault", "--force", "json"], values.to_string().as_bytes());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
