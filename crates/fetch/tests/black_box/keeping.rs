//! The watch in the background that `start`, `hook` and `shell` keep running.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use remo_testkit::wait::{self, PATIENCE};
use remo_testkit::{SmallDisk, skip};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{BINDINGS, Stage};

/// Ends the watches of a stage when a test ends, however it does: they have outlived who started them.
struct Kept {
    stage: Stage,
}

impl Kept {
    /// A stage whose `start` has brought the secrets in, and left a watch behind.
    fn started() -> Self {
        let kept = Self { stage: Stage::new(BINDINGS) };
        kept.stage.broker.push(&[("gh", "token-1"), ("aws", "one")]);
        kept.stage.run(&["start", "--watch"]).succeeded();
        kept.the_watch();
        kept
    }

    /// Every watch of this stage's directory, by its command line.
    fn watches(&self) -> Vec<Pid> {
        let secrets = self.stage.secrets.to_str().unwrap();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                line.contains("watch\0--detached") && line.contains(secrets)
            })
            .filter_map(Pid::from_raw)
            .collect()
    }

    /// The only one.
    fn the_watch(&self) -> Pid {
        wait::until(PATIENCE, "one watch", || match self.watches().as_slice() {
            [watch] => Some(*watch),
            _ => None,
        })
    }

    fn signal(&self, signal: Signal) {
        for watch in self.watches() {
            let _ = kill_process(watch, signal);
        }
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
        wait::until_true(PATIENCE, "the end of the watch", || self.watches().is_empty());
    }

    fn push_and_see(&self, value: &str) {
        self.stage.broker.push(&[("gh", "token-1"), ("aws", value)]);
        self.see(value);
    }

    fn see(&self, value: &str) {
        wait::until_true(PATIENCE, "the new value", || self.shows(value));
    }

    fn shows(&self, value: &str) -> bool {
        fs::read_to_string(self.stage.credentials()).is_ok_and(|text| text == value)
    }

    fn lock(&self) -> PathBuf {
        self.stage.secrets.join("watching")
    }

    fn fetches(&self) -> usize {
        remo_testkit::audit::events(self.stage.broker.audit_log(), "fetch").len()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.stage.secrets.join("watch.log")).unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
        self.signal(Signal::KILL);
    }
}

#[test]
fn a_start_leaves_one_watch_behind_that_asks_for_nothing_until_something_changes() {
    let kept = Kept::started();
    let before = kept.fetches();
    assert_eq!(before, 2, "one for each secret, by the start");
    for command in [&["shell", "--watch"][..], &["start", "--watch"], &["shell", "--watch"]] {
        kept.stage.run(command).succeeded();
    }
    let watch = kept.the_watch();
    assert_eq!(kept.fetches(), 4, "the second start has asked");
    kept.push_and_see("two");
    assert_eq!(kept.the_watch(), watch);
    assert!(!kept.log().contains("two"), "{}", kept.log());
}

#[test]
fn it_holds_nothing_of_who_started_it() {
    let kept = Kept { stage: Stage::new(BINDINGS) };
    kept.stage.broker.push(&[("gh", "tripwire-token"), ("aws", "one")]);
    let mut command = kept.stage.command(&["start", "--watch"]);
    // Ends only when nobody holds the pipes any more.
    let output = command.env("GH_TOKEN", "tripwire-token").stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let watch = kept.the_watch().as_raw_nonzero();
    let of_watch = |name: &str| format!("/proc/{watch}/{name}");
    assert_eq!(fs::read_link(of_watch("cwd")).unwrap(), PathBuf::from("/"));
    assert_eq!(fs::read(of_watch("environ")).unwrap_or_default(), b"", "an empty environment");
    assert!(!fs::read_to_string(of_watch("cmdline")).unwrap().contains("tripwire"));
    let stat = fs::read_to_string(of_watch("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // State, parent, process group, session, terminal.
    assert_eq!(fields[2..5], [watch.to_string().as_str(), watch.to_string().as_str(), "0"], "{stat}");
    for descriptor in fs::read_dir(of_watch("fd")).unwrap().flatten() {
        let target = fs::read_link(descriptor.path()).unwrap_or_default();
        let target = target.to_str().unwrap();
        let own = target.starts_with(kept.stage.secrets.to_str().unwrap())
            || target == "/dev/null"
            || target.starts_with("socket:");
        assert!(own, "{target}");
    }
}

#[test]
fn a_watch_that_was_killed_is_started_again_by_the_next_shell_or_hook() {
    let kept = Kept::started();
    for command in ["shell", "hook"] {
        kept.kill();
        kept.stage.broker.push(&[("gh", "token-1"), ("aws", command)]);
        let mut command_line = kept.stage.command(&[command, "--watch"]);
        assert!(command_line.env("GH_TOKEN", "token-1").output().unwrap().status.success());
        kept.see(command);
    }
    kept.stage.run(&["shell"]).succeeded();
    kept.kill();
    kept.stage.run(&["shell"]).succeeded();
    assert_eq!(kept.watches(), [], "without the option nobody starts one");
}

#[test]
fn it_ends_when_asked_to() {
    let kept = Kept::started();
    kept.signal(Signal::TERM);
    wait::until_true(PATIENCE, "the end of the watch", || kept.watches().is_empty());
    assert!(kept.shows("one"), "files stay");
}

#[test]
fn many_shells_at_once_start_one() {
    let kept = Kept::started();
    kept.kill();
    let shells: Vec<_> = (0..12).map(|_| kept.stage.spawn(&["shell", "--watch"])).collect();
    for shell in shells {
        assert!(shell.wait_with_output().unwrap().status.success());
    }
    kept.the_watch();
    kept.push_and_see("two");
    kept.the_watch();
}

#[test]
fn a_second_watch_is_refused() {
    let kept = Kept::started();
    kept.stage.run(&["watch"]).failed(69, &["another process keeps the files in"]);
    kept.stage.run(&["watch", "--detached"]).failed(69, &["another process keeps the files in"]);
    kept.push_and_see("two");
}

/// Whatever lies in the place of the lock gives way, and nothing is written through it.
#[test]
fn what_is_planted_in_the_place_of_the_lock_gives_way() {
    let kept = Kept::started();
    let outside = kept.stage.directory.path().join("outside");
    fs::write(&outside, "mine").unwrap();
    let plant_directory = |path: &PathBuf| fs::create_dir_all(path.join("a/b")).unwrap();
    let plant_link = |path: &PathBuf| symlink(&outside, path).unwrap();
    let plants: [&dyn Fn(&PathBuf); 2] = [&plant_link, &plant_directory];
    for (round, plant) in plants.into_iter().enumerate() {
        let earlier = kept.the_watch();
        fs::remove_file(kept.lock()).unwrap();
        plant(&kept.lock());
        kept.stage.run(&["shell", "--watch"]).succeeded();
        // Two may watch now, until the one whose lock is gone is asked to do something.
        kept.push_and_see(&format!("value {round}"));
        wait::until_true(
            PATIENCE,
            "the end of the watch whose lock is gone",
            || matches!(kept.watches().as_slice(), [watch] if *watch != earlier),
        );
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), "mine");
}

#[test]
fn a_lock_that_is_removed_is_taken_again() {
    let kept = Kept::started();
    let watch = kept.the_watch();
    fs::remove_file(kept.lock()).unwrap();
    kept.push_and_see("two");
    assert_eq!(kept.the_watch(), watch);
    kept.stage.run(&["shell", "--watch"]).succeeded();
    assert_eq!(kept.the_watch(), watch, "it holds the new one");
}

/// Who holds the lock without watching keeps a watch away. Nothing else waits for that.
#[test]
fn a_held_lock_holds_up_no_shell() {
    let kept = Kept::started();
    kept.kill();
    let lock = File::open(kept.lock()).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    kept.stage.run(&["shell", "--watch"]).succeeded();
    assert_eq!(kept.watches(), []);
    drop(lock);
    kept.stage.run(&["shell", "--watch"]).succeeded();
    kept.the_watch();
}

#[test]
fn a_watch_that_was_frozen_brings_in_the_newest_when_it_goes_on() {
    let kept = Kept::started();
    kept.signal(Signal::STOP);
    for value in ["two", "three", "four"] {
        kept.stage.broker.push(&[("gh", "token-1"), ("aws", value)]);
    }
    kept.stage.run(&["shell", "--watch"]).succeeded();
    assert!(kept.shows("one"));
    kept.signal(Signal::CONT);
    kept.see("four");
}

#[test]
fn a_restart_of_the_broker_takes_nothing_away_and_a_revocation_does() {
    let mut kept = Kept::started();
    for round in 0..3 {
        kept.stage.broker.kill();
        kept.stage.broker.restart();
        let connected = |log: String| log.matches("waits for the vault").count() > round;
        wait::until_true(PATIENCE, "the watch is back", || connected(kept.log()));
        assert!(fs::read_to_string(kept.stage.credentials()).is_ok(), "nothing was taken back");
        kept.push_and_see(&format!("after {round}"));
    }
    kept.stage.broker.unregister(&kept.stage.project).unwrap();
    wait::until_true(PATIENCE, "the end of the link", || {
        fs::symlink_metadata(kept.stage.credentials()).is_err()
    });
    kept.stage.run(&["shell", "--watch"]).failed(69, &[]);
    kept.stage.broker.register(&kept.stage.project).unwrap();
    kept.see("after 2");
}

/// A memory that somebody has filled holds up what is new, and not what is taken back.
#[test]
fn in_a_full_memory_what_is_revoked_goes_all_the_same() {
    let test = "keeping::in_a_full_memory_what_is_revoked_goes_all_the_same";
    let mut kept = Kept { stage: Stage::new(BINDINGS) };
    let place = kept.stage.directory.path().join("memory");
    let place = match SmallDisk::mount(&place, 256) {
        Ok(small) => {
            kept.stage.secrets = place.join("secrets");
            small
        }
        Err(reason) => return skip::skipped(test, &reason),
    };
    kept.stage.broker.push(&[("gh", "token-1"), ("aws", "one")]);
    kept.stage.run(&["start", "--watch"]).succeeded();
    kept.the_watch();
    place.fill();
    kept.stage.broker.push(&[("gh", "token-1")]);
    wait::until_true(PATIENCE, "the end of the file", || {
        fs::read_to_string(kept.stage.credentials()).is_err()
    });
    place.relieve();
    kept.stage.broker.push(&[("gh", "token-1"), ("aws", "two")]);
    wait::until_true(Duration::from_mins(1), "the new value", || kept.shows("two"));
    kept.kill();
}
