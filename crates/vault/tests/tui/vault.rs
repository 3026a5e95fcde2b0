//! A vault of one test's own, and the view of it on a terminal.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, Project, Terminal};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_remo-vault");

/// The size of a terminal that nobody has made larger.
pub(crate) const USUAL: (u16, u16) = (80, 24);

/// Store, key, broker, and a watcher when there is one.
pub(crate) struct Vault {
    pub(crate) broker: Broker,
    pub(crate) directory: PrivateDirectory,
    watcher: Option<Child>,
    fnox: Option<PathBuf>,
}

impl Vault {
    /// An empty store with its key, and a running broker.
    pub(crate) fn new() -> Self {
        Self::with_broker("")
    }

    /// As [`Vault::new`], with lines for the broker's configuration.
    pub(crate) fn with_broker(config: &str) -> Self {
        Self::make(config, None)
    }

    /// With a store of the real `fnox`.
    pub(crate) fn of_fnox(fnox: PathBuf) -> Self {
        Self::make("", Some(fnox))
    }

    fn make(config: &str, fnox: Option<PathBuf>) -> Self {
        let directory = PrivateDirectory::new();
        let broker =
            Broker::start(&directory, &BrokerOptions { config: config.to_owned(), ..Default::default() });
        let vault = Self { broker, directory, watcher: None, fnox };
        vault.run(&["key", "ensure", "--allow-plaintext"], b"");
        vault
    }

    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let folder = self.directory.path().join("vault");
        let store = if self.fnox.is_some() { "fnox.toml" } else { "store.age" };
        let mut pairs: Vec<(OsString, OsString)> = vec![
            ("REMO_VAULT_STORE".into(), folder.join(store).into()),
            ("REMO_VAULT_KEY_FILE".into(), folder.join("key.txt").into()),
            ("REMO_BROKER_ADMIN_SOCKET".into(), self.directory.admin_socket().into()),
            ("REMO_BROKER_AUDIT_LOG".into(), self.directory.audit_log().into()),
        ];
        pairs.extend(self.fnox.iter().map(|fnox| ("REMO_VAULT_FNOX".into(), fnox.into())));
        pairs
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().envs(self.environment()).current_dir(self.directory.path());
        command
    }

    /// Runs a command with `input`, and fails the test unless it succeeds.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Stores `value` under `name`.
    #[track_caller]
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.run(&["set", name, "--keep-newline"], value.as_bytes());
    }

    /// The stored value.
    #[track_caller]
    pub(crate) fn reveal(&self, name: &str) -> String {
        String::from_utf8(self.run(&["get", name, "--reveal"], b"").stdout).expect("text")
    }

    /// Whether something is stored under `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        let listed = String::from_utf8(self.run(&["list", "--json"], b"").stdout).expect("text");
        listed.contains(&format!("\"{name}\""))
    }

    /// Starts the watcher.
    pub(crate) fn watch(&mut self) {
        let log = fs::File::create(self.directory.path().join("watcher.stderr")).expect("a log");
        let child = self.command(&["watch"]).stdin(Stdio::null()).stderr(log).spawn().expect("it runs");
        self.watcher = Some(child);
    }

    /// A project that may have `secrets`.
    pub(crate) fn project(&self, name: &str, secrets: &[&str]) -> Project {
        let project = Project::new(&self.directory, name, secrets);
        self.broker.approve(&project);
        project
    }

    /// The view, with `further` arguments and environment.
    pub(crate) fn tui_with(
        &self,
        size: (u16, u16),
        further: &[&str],
        environment: &[(&str, &str)],
    ) -> Terminal {
        let mut pairs = self.environment();
        pairs.extend(environment.iter().map(|(key, value)| (key.into(), value.into())));
        let arguments: Vec<_> = ["tui"].iter().chain(further).collect();
        Terminal::start(size, &pairs, BINARY.as_ref(), &arguments)
    }

    /// The view, once it shows something of the vault.
    pub(crate) fn tui(&self) -> Terminal {
        let terminal = self.tui_with(USUAL, &[], &[]);
        terminal.wait_for("broker: generation");
        terminal
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
    }
}

/// The row that shows `name`, without the sign of the cursor.
pub(crate) fn row<'a>(screen: &'a str, name: &str) -> Option<&'a str> {
    let is_it = |line: &&str| line.get(2..).is_some_and(|rest| rest.split(' ').next() == Some(name));
    screen.lines().find(is_it).map(|line| &line[2..])
}

/// Whether the row of `name` has all of `words` in it.
pub(crate) fn row_has(screen: &str, name: &str, words: &[&str]) -> bool {
    row(screen, name).is_some_and(|row| {
        let cells: Vec<_> = row.split_whitespace().collect();
        words.iter().all(|word| cells.contains(word))
    })
}

/// Opens the entry of a name, types it, and waits until the value is asked for.
pub(crate) fn begin_to_set(terminal: &Terminal, name: &str) {
    terminal.press(&["s"]);
    terminal.wait_for("Enter next");
    terminal.write(name);
    terminal.wait_for(&format!("name: {name}_"));
    terminal.press(&["Enter"]);
}

/// Types a value twice.
pub(crate) fn type_value(terminal: &Terminal, value: &str) {
    terminal.wait_for("Enter done");
    terminal.write(value);
    terminal.press(&["Enter"]);
    terminal.wait_for("The same once more");
    terminal.write(value);
    terminal.press(&["Enter"]);
}
