//! `watch`: files stay fresh.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use remo_testkit::wait::{self, PATIENCE};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{BINDINGS, Stage};

/// How soon a push reaches the files.
const FRESH: Duration = Duration::from_secs(1);

/// A running `watch`; dropping it kills it.
struct Watch {
    child: Child,
}

impl Watch {
    fn start(stage: &Stage) -> Self {
        let log = fs::File::create(stage.directory.path().join("watch.log")).unwrap();
        Self { child: stage.command(&["watch"]).stdout(Stdio::null()).stderr(log).spawn().unwrap() }
    }

    /// Ends it with SIGTERM and returns its exit code.
    fn terminate(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        wait::until(PATIENCE, "the end of watch", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn holds(path: &Path, content: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text == content)
}

fn started() -> (Stage, Watch) {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "token-1"), ("aws", "one")]);
    let watch = Watch::start(&stage);
    wait::until_true(PATIENCE, "the first set", || holds(&stage.credentials(), "one"));
    (stage, watch)
}

fn log(stage: &Stage) -> String {
    fs::read_to_string(stage.directory.path().join("watch.log")).unwrap()
}

#[test]
fn a_push_reaches_the_files_within_a_second() {
    let (stage, watch) = started();
    for round in 0..20 {
        let value = format!("value {round}");
        stage.broker.push(&[("gh", "token-1"), ("aws", &value)]);
        wait::until_true(FRESH, "the new value", || holds(&stage.credentials(), &value));
    }
    stage.run(&["wait", "--timeout", "0"]).succeeded();
    wait::until_true(PATIENCE, "one set only", || {
        fs::read_dir(stage.secrets.join("views")).unwrap().count() == 1
    });
    assert_eq!(watch.terminate(), Some(0));
}

#[test]
fn a_variable_that_changes_is_reported_without_its_value() {
    let (stage, _watch) = started();
    stage.broker.push(&[("gh", "tripwire-2"), ("aws", "two")]);
    wait::until_true(FRESH, "the new value", || holds(&stage.credentials(), "two"));
    wait::until_true(PATIENCE, "the report", || {
        log(&stage).contains("changed: GH_TOKEN; programs that are running")
    });
    assert!(!log(&stage).contains("tripwire"));
    assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"GH_TOKEN=tripwire-2\0");
}

#[test]
fn a_secret_that_is_gone_takes_its_file_with_it_and_comes_back() {
    let (stage, _watch) = started();
    stage.broker.push(&[("gh", "token-1")]);
    wait::until_true(FRESH, "the end of the file", || fs::symlink_metadata(stage.credentials()).is_err());
    stage.run(&["wait", "--timeout", "0"]).failed(69, &["aws: not in the vault"]);
    wait::until_true(PATIENCE, "no copy of it", || !anything_named(&stage.secrets, "aws"));
    stage.broker.push(&[("gh", "token-1"), ("aws", "back")]);
    wait::until_true(FRESH, "its return", || holds(&stage.credentials(), "back"));
    wait::until_true(PATIENCE, "the marker", || stage.run(&["wait", "--timeout", "0"]).code == Some(0));
}

#[test]
fn a_binding_that_is_revoked_takes_its_file_with_it() {
    let (stage, _watch) = started();
    stage.bind("[secrets.gh]\n");
    stage.broker.reload(&stage.project, None).unwrap();
    wait::until_true(FRESH, "the end of the link", || fs::symlink_metadata(stage.credentials()).is_err());
    wait::until_true(PATIENCE, "no copy of it", || !anything_named(&stage.secrets, "aws"));
}

#[test]
fn clearing_the_store_empties_the_set() {
    let (stage, _watch) = started();
    stage.broker.clear();
    wait::until_true(FRESH, "the end of the link", || fs::symlink_metadata(stage.credentials()).is_err());
    wait::until_true(FRESH, "the end of the variable", || holds(&stage.current("env.nul"), ""));
}

#[test]
fn files_stay_while_the_broker_is_away_and_are_fresh_when_it_is_back() {
    let (mut stage, _watch) = started();
    stage.broker.kill();
    wait::until_true(PATIENCE, "the report", || {
        log(&stage).contains("broke") || log(&stage).contains("cannot reach")
    });
    assert!(holds(&stage.credentials(), "one"));
    stage.broker.restart();
    stage.broker.push(&[("gh", "token-1"), ("aws", "after the restart")]);
    wait::until_true(PATIENCE, "the new value", || holds(&stage.credentials(), "after the restart"));
}

#[test]
fn junk_in_the_storage_does_not_hold_up_a_rotation() {
    let (stage, watch) = started();
    let views = stage.secrets.join("views");
    fs::write(stage.secrets.join("exec"), "junk").unwrap();
    fs::create_dir_all(views.join("a/b/c/d/e/f/g/h")).unwrap();
    fs::create_dir(views.join(OsStr::from_bytes(b"no-text-\xff"))).unwrap();
    let deepest = views.join(["x"; 100].join("/"));
    fs::create_dir_all(&deepest).unwrap();
    stage.broker.push(&[("gh", "token-1"), ("aws", "two")]);
    wait::until_true(PATIENCE, "the new value", || holds(&stage.credentials(), "two"));
    // All goes but what is too deep, which is reported.
    wait::until_true(PATIENCE, "one set and what is too deep", || fs::read_dir(&views).unwrap().count() == 2);
    assert!(deepest.exists());
    assert!(log(&stage).contains("cannot clean up"), "{}", log(&stage));
    stage.broker.push(&[("gh", "token-1"), ("aws", "three")]);
    wait::until_true(PATIENCE, "the next value", || holds(&stage.credentials(), "three"));
    assert_eq!(watch.terminate(), Some(0));
}

#[test]
fn a_planted_file_does_not_hold_up_the_others() {
    let stage = Stage::new(&format!(
        "{BINDINGS}\n[secrets.other]\nfetch_as = \"file\"\nfile_path = \"~/.other/token\"\n"
    ));
    fs::create_dir(stage.home.join(".other")).unwrap();
    fs::write(stage.home.join(".other/token"), "mine").unwrap();
    stage.broker.push(&[("gh", "a"), ("aws", "one"), ("other", "x")]);
    let _watch = Watch::start(&stage);
    wait::until_true(PATIENCE, "the first set", || holds(&stage.credentials(), "one"));
    stage.broker.push(&[("gh", "a"), ("aws", "two"), ("other", "y")]);
    wait::until_true(FRESH, "the new value", || holds(&stage.credentials(), "two"));
    assert!(holds(&stage.home.join(".other/token"), "mine"));
    stage.run(&["wait", "--timeout", "0"]).failed(69, &["other: "]);
}

#[test]
fn approval_after_the_start_brings_the_secrets() {
    let stage = Stage::unapproved(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "one")]);
    let _watch = Watch::start(&stage);
    wait::until_true(PATIENCE, "the report", || log(&stage).contains("denied"));
    assert!(!stage.credentials().exists());
    stage.broker.reload(&stage.project, None).unwrap();
    wait::until_true(PATIENCE, "the secrets", || holds(&stage.credentials(), "one"));
}

/// Two readers spin on the file while it is replaced 500 times.
#[test]
fn no_reader_ever_sees_half_a_value_or_none() {
    const ROTATIONS: u64 = 500;
    const LENGTH: usize = 8 * 1024;
    let (stage, watch) = started();
    let value =
        |round: u64| format!("{}{}", (b'a' + u8::try_from(round % 26).unwrap()) as char, "").repeat(LENGTH);
    stage.broker.push(&[("gh", "g"), ("aws", &value(0))]);
    wait::until_true(PATIENCE, "the first value", || holds(&stage.credentials(), &value(0)));
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let path = stage.credentials();
    let read_on = || {
        let mut content = String::new();
        while !done.load(Ordering::Relaxed) {
            content.clear();
            let read = fs::File::open(&path).and_then(|mut file| file.read_to_string(&mut content));
            let whole = content.len() == LENGTH
                && content.bytes().all(|byte| Some(&byte) == content.as_bytes().first());
            if read.is_err() || !whole {
                return Err(format!("{read:?}, {} bytes", content.len()));
            }
            reads.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let readers = [scope.spawn(read_on), scope.spawn(read_on)];
        for round in 1..=ROTATIONS {
            stage.broker.push(&[("gh", "g"), ("aws", &value(round))]);
            wait::until_true(PATIENCE, "the new value", || {
                holds(&path, &value(round)) || readers.iter().any(std::thread::ScopedJoinHandle::is_finished)
            });
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), Ok(()));
        }
    });
    assert!(reads.load(Ordering::Relaxed) > ROTATIONS, "the readers were not there");
    assert_eq!(watch.terminate(), Some(0));
}

fn anything_named(directory: &Path, name: &str) -> bool {
    fs::read_dir(directory).into_iter().flatten().flatten().any(|entry| {
        entry.file_name() == name
            || (entry.file_type().is_ok_and(|kind| kind.is_dir()) && anything_named(&entry.path(), name))
    })
}
