//! A real terminal: tmux with a server of its own, keys typed into it, its screen read back.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a screen may take to come about on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a screen: each is a run of tmux.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The program.
const TMUX: &str = "tmux";

/// A terminal in which one program runs. Dropping it ends its server, and with it the program.
#[derive(Debug)]
pub struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// Whether this machine has what a terminal needs; otherwise the test `name` is reported as skipped.
    pub fn is_missing(name: &str) -> bool {
        let found = Command::new(TMUX).arg("-V").output().is_ok_and(|output| output.status.success());
        if !found {
            crate::skip::skipped(name, "there is no tmux");
        }
        !found
    }

    /// Starts `program` with `arguments` on a screen of `size` (columns, rows). Its environment is `environment` and
    /// `TERM`, and nothing else.
    ///
    /// # Panics
    /// When tmux does not start.
    pub fn start<A: AsRef<OsStr>>(
        size: (u16, u16),
        environment: &[(OsString, OsString)],
        program: &OsStr,
        arguments: &[A],
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("remo-t").tempdir_in("/tmp").expect("a folder");
        let terminal = Self { folder };
        let mut words: Vec<OsString> = ["start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";"]
            .into_iter()
            .map(OsString::from)
            .collect();
        // An escape is passed on at once: it is not the beginning of a key of tmux.
        words.extend(["set-option", "-g", "escape-time", "0", ";", "new-session", "-d"].map(OsString::from));
        for (flag, value) in [("-x", size.0), ("-y", size.1)] {
            words.extend([OsString::from(flag), value.to_string().into()]);
        }
        words.extend(["--", "env", "-i", "TERM=screen"].map(OsString::from));
        for (key, value) in environment {
            let mut pair = key.clone();
            pair.push("=");
            pair.push(value);
            words.push(pair);
        }
        words.push(program.to_owned());
        words.extend(arguments.iter().map(|argument| argument.as_ref().to_owned()));
        terminal.tmux(&words);
        terminal
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(TMUX);
        command
            .arg("-S")
            .arg(self.folder.path().join("s"))
            // The characters of a frame, also where the locale of this process is another one.
            .args(["-u", "-f", "/dev/null"])
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    fn tmux<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        let output = self.command(arguments).output().expect("tmux runs");
        assert!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn text<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        String::from_utf8(self.tmux(arguments).stdout).expect("a screen is text")
    }

    /// What is on the screen now, a line a row.
    ///
    /// # Panics
    /// When tmux does not say.
    pub fn screen(&self) -> String {
        self.text(&["capture-pane", "-p"])
    }

    /// What is on the screen and above it, lines that the terminal broke put together.
    ///
    /// # Panics
    /// As [`Terminal::screen`].
    pub fn scrollback(&self) -> String {
        self.text(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// What the terminal was told, with its colours and other attributes as escape sequences.
    ///
    /// # Panics
    /// As [`Terminal::screen`].
    pub fn coloured(&self) -> String {
        self.text(&["capture-pane", "-p", "-e"])
    }

    /// Types `text`, letter by letter.
    ///
    /// # Panics
    /// When tmux refuses.
    pub fn write(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys by the names that tmux has for them: `Enter`, `Escape`, `Down`, `PPage`, `C-c`, `q`.
    ///
    /// # Panics
    /// When tmux refuses.
    pub fn press(&self, keys: &[&str]) {
        let words: Vec<_> = ["send-keys", "--"].iter().chain(keys).collect();
        self.tmux(&words);
    }

    /// Pastes `text`, as the terminal of a person would: marked as a paste where the program asked for that.
    ///
    /// # Panics
    /// When tmux refuses.
    pub fn paste(&self, text: &str) {
        let mut load = self.command(&["load-buffer", "-"]).stdin(Stdio::piped()).spawn().expect("tmux runs");
        load.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("tmux reads");
        assert!(load.wait().expect("tmux ends").success(), "tmux takes the text");
        self.tmux(&["paste-buffer", "-p", "-d"]);
    }

    /// Gives the terminal another size.
    ///
    /// # Panics
    /// When tmux refuses.
    pub fn resize(&self, size: (u16, u16)) {
        self.tmux(&["resize-window", "-x", &size.0.to_string(), "-y", &size.1.to_string()]);
    }

    /// The device that the program has as its terminal.
    ///
    /// # Panics
    /// When tmux does not say.
    pub fn device(&self) -> PathBuf {
        self.text(&["display-message", "-p", "#{pane_tty}"]).trim_end().into()
    }

    /// The process number of the program.
    ///
    /// # Panics
    /// When tmux does not say.
    pub fn process(&self) -> u32 {
        let text = self.text(&["display-message", "-p", "#{pane_pid}"]);
        text.trim().parse().expect("a process number")
    }

    /// Whether the program has ended, and with which status: `Some(-1)` for a signal.
    ///
    /// # Panics
    /// When tmux does not say.
    pub fn ended(&self) -> Option<i32> {
        let text = self.text(&[
            "display-message",
            "-p",
            "#{pane_dead},#{pane_dead_status},#{pane_dead_signal},#{pid}",
        ]);
        match text.trim_end().split(',').collect::<Vec<_>>()[..] {
            // The end of its output is noticed before its status is known; and tmux 3.3a sometimes misses the signal
            // that tells it to ask for the status, and leaves a zombie for good.
            ["1", "", "", server] => {
                if let Some(server) = server.parse().ok().and_then(Pid::from_raw) {
                    let _ = kill_process(server, Signal::CHILD);
                }
                None
            }
            ["1", status, "", _] => status.parse().ok(),
            ["1", ..] => Some(-1),
            _ => None,
        }
    }

    /// Whether the program has the screen that full-screen programs use.
    ///
    /// # Panics
    /// When tmux does not say.
    pub fn is_on_alternate_screen(&self) -> bool {
        self.text(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    /// Waits until the screen satisfies `condition`, and returns it.
    ///
    /// # Panics
    /// When it does not within a minute; the message says `what` was waited for and shows the last screen.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut condition: impl FnMut(&str) -> bool) -> String {
        let mut last = String::new();
        let deadline = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < deadline {
            last = self.screen();
            if condition(&last) {
                return last;
            }
            std::thread::park_timeout(LOOK_AGAIN);
        }
        panic!("waited {PATIENCE:?} in vain for {what}; the last screen:\n{last}");
    }

    /// Waits until `text` is on the screen, and returns the screen.
    ///
    /// # Panics
    /// As [`Terminal::wait_until`].
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("`{text}`"), |screen| screen.contains(text))
    }

    /// Waits until `text` is on the screen `count` times, and returns the screen.
    ///
    /// # Panics
    /// As [`Terminal::wait_until`].
    #[track_caller]
    pub fn wait_for_nth(&self, text: &str, count: usize) -> String {
        self.wait_until(&format!("{count}. `{text}`"), |screen| screen.matches(text).count() >= count)
    }

    /// Waits until `text` is not on the screen, and returns the screen.
    ///
    /// # Panics
    /// As [`Terminal::wait_until`].
    #[track_caller]
    pub fn wait_without(&self, text: &str) -> String {
        self.wait_until(&format!("the end of `{text}`"), |screen| !screen.contains(text))
    }

    /// Waits for the end of the program, and returns its status.
    ///
    /// # Panics
    /// When it does not end within a minute.
    #[track_caller]
    pub fn wait_for_end(&self) -> i32 {
        self.wait_until("the end of the program", |_| self.ended().is_some());
        self.ended().expect("it has ended")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.command(&["kill-server"]).output();
    }
}
