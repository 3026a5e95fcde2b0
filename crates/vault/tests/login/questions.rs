//! Questions on a real terminal: nothing secret is echoed, and the terminal is as before however it ends.

use std::process::{Command, Output};

use remo_testkit::wait;

use crate::room::BINARY;
use crate::scene::{Scene, without};

/// A terminal of tmux, with a server of its own that ends with it.
struct Terminal {
    socket: std::path::PathBuf,
}

impl Terminal {
    /// A terminal in which a shell runs whose `remo-login` is the binary, pointed at `scene`.
    fn open(scene: &Scene) -> Self {
        let link = scene.room.path().join("remo-login");
        std::os::unix::fs::symlink(BINARY, &link).unwrap();
        let terminal = Self { socket: scene.room.path().join("tmux") };
        let mut command = terminal.command();
        command.args(["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30"]);
        for (name, value) in scene.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))) {
            command.env(name, value);
        }
        let path = format!("{}:/usr/bin:/bin", scene.room.path().display());
        command.env("PATH", path).env("TERM", "screen").arg("/bin/sh");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        wait::until_true(wait::PATIENCE, "a prompt of the shell", || terminal.screen().contains(['#', '$']));
        terminal
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).env_clear().env("LANG", "C.UTF-8").env("PATH", "/usr/bin:/bin");
        command
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    fn type_in(&self, keys: &[&str]) {
        let output = self.tmux(&[&["send-keys"], keys].concat());
        assert!(output.status.success(), "{output:?}");
    }

    fn screen(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).unwrap()
    }

    fn wait_for(&self, text: &str) {
        wait::until_true(wait::PATIENCE, &format!("`{text}` on the screen"), || self.screen().contains(text));
    }

    /// Waits until the terminal echoes, or does not.
    fn wait_for_echo(&self, expected: bool) {
        let name = self.tmux(&["display-message", "-p", "#{pane_tty}"]).stdout;
        let terminal = std::fs::File::open(String::from_utf8(name).unwrap().trim()).unwrap();
        wait::until_true(wait::PATIENCE, &format!("echo is {expected}"), || {
            let modes = rustix::termios::tcgetattr(&terminal).unwrap().local_modes;
            modes.contains(rustix::termios::LocalModes::ECHO) == expected
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn a_secret_is_typed_without_echo() {
    if without("tmux", "questions::a_secret_is_typed_without_echo") {
        return;
    }
    let scene = Scene::new();
    let terminal = Terminal::open(&scene);
    terminal.type_in(&["remo-login aws", "Enter"]);
    terminal.wait_for("Access key ID:");
    terminal.type_in(&["AKIATYPED", "Enter"]);
    terminal.wait_for("Secret access key (not shown):");
    terminal.wait_for_echo(false);
    terminal.type_in(&["tripwire-typed", "Enter"]);
    terminal.wait_for("stored aws");
    terminal.wait_for_echo(true);
    let screen = terminal.screen();
    assert!(screen.contains("AKIATYPED") && !screen.contains("tripwire"), "{screen}");
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("aws")).unwrap();
    assert_eq!(stored["aws_secret_access_key"], "tripwire-typed");
    scene.expect_nothing_left(&["tripwire-typed"]);
}

#[test]
fn an_interruption_gives_the_terminal_back() {
    if without("tmux", "questions::an_interruption_gives_the_terminal_back") {
        return;
    }
    let scene = Scene::new();
    let terminal = Terminal::open(&scene);
    terminal.type_in(&["remo-login token", "Enter"]);
    terminal.wait_for("Token (not shown):");
    terminal.wait_for_echo(false);
    terminal.type_in(&["C-c"]);
    terminal.wait_for("interrupted; nothing was stored");
    terminal.wait_for_echo(true);
    // A tool that has changed the terminal and is interrupted.
    scene.scripted(
        "raw",
        "stty -echo; echo in its hands; exec sleep 600",
        "credential = { value = { file = \"x\" } }",
    );
    terminal.type_in(&["clear; remo-login raw", "Enter"]);
    terminal.wait_for("in its hands");
    terminal.wait_for_echo(false);
    terminal.type_in(&["C-c"]);
    terminal.wait_for("interrupted; nothing was stored");
    terminal.wait_for_echo(true);
    scene.expect_nothing_left(&["tripwire-typed"]);
}
