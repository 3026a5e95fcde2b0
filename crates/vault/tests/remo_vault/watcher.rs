//! A running `remo-vault watch`, its log at hand.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use remo_testkit::wait;
use rustix::process::{Pid, Signal, kill_process};

use crate::room::Room;

/// A watcher that is killed when it is dropped.
pub(crate) struct Watcher {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Watcher {
    pub(crate) fn start(room: &Room) -> Self {
        Self::run(room.command(&["watch"]))
    }

    /// A watcher of `room` whose broker is at another socket.
    pub(crate) fn start_at(room: &Room, admin_socket: &Path) -> Self {
        let mut command = room.command(&["watch"]);
        command.env("REMO_BROKER_ADMIN_SOCKET", admin_socket);
        Self::run(command)
    }

    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary runs");
        let stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("no panic").push(line);
            }
        });
        let watcher = Self { child, log };
        watcher.wait_for("watching ");
        watcher
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// How many lines of the log contain `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.log().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits for a line that contains `text`.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_for_nth(text, 1);
    }

    /// Waits until `count` lines contain `text`.
    #[track_caller]
    pub(crate) fn wait_for_nth(&self, text: &str, count: usize) {
        wait::until_true(wait::PATIENCE, &format!("{count}. `{text}` in the log"), || {
            self.count(text) >= count
        });
    }

    /// Processor time used so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        // Fields 14 and 15 of proc(5), in ticks of a hundredth of a second on Linux.
        let ticks: u64 =
            fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
        Duration::from_millis(ticks * 10)
    }

    /// How often the process has gone to sleep of its own accord.
    pub(crate) fn sleeps(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line =
            status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:")).expect("the line");
        line.rsplit('\t').next().expect("a number").parse().expect("a number")
    }

    /// Asks it to end and waits for that.
    pub(crate) fn stop(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.ended()
    }

    /// Its process number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("it runs");
    }

    fn ended(&mut self) -> ExitStatus {
        wait::until(wait::PATIENCE, "the watcher's end", || self.child.try_wait().expect("a child"))
    }
}

/// What a test that failed needs to know first.
impl std::fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.log().fmt(formatter)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the watcher's log: {self:#?}");
        }
    }
}
