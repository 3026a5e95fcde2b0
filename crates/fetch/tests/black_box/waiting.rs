//! What is waited for, what fails at once, and `wait`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use remo_testkit::wait::{self, PATIENCE};

use crate::stage::{BINDINGS, Ended, PROJECT, Stage, ended};

/// Far below the patience of a run that is expected to give up at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// More than any test takes.
const LONG: &str = "60";

fn timed(run: impl FnOnce() -> Ended) -> (Ended, Duration) {
    let start = Instant::now();
    let ended = run();
    (ended, start.elapsed())
}

#[test]
fn a_required_secret_that_never_comes_is_one_line_and_a_hint() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a")]);
    let (ended, took) = timed(|| stage.run(&[]));
    ended.failed(
        69,
        &[
            "a required secret is not available for project-a after 1 s",
            "\n  aws: not in the vault\n",
            "set aws",
        ],
    );
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(!stage.current("env.nul").exists());
    assert!(fs::symlink_metadata(stage.credentials()).is_err());
}

#[test]
fn a_long_wait_says_once_what_it_waits_for() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a")]);
    let waited = stage.run(&["exec", "--timeout", "3", "--", "true"]);
    waited.failed(69, &["waiting up to 3 s for: aws\n"]);
    assert_eq!(waited.stderr.matches("waiting").count(), 1, "{}", waited.stderr);
    let short = stage.run(&["exec", "--timeout", "0.2", "--", "true"]);
    assert!(!short.stderr.contains("waiting"), "{}", short.stderr);
}

#[test]
fn every_missing_secret_has_its_line() {
    let stage = Stage::new(BINDINGS);
    stage.run(&["--timeout", "0"]).failed(69, &["\n  aws: not in the vault", "\n  gh: not in the vault"]);
}

#[test]
fn a_push_during_the_wait_ends_it() {
    let stage = Stage::new(BINDINGS);
    let helper = stage.spawn(&["--timeout", LONG]);
    let fetched = || fs::read_to_string(stage.broker.audit_log()).unwrap_or_default().contains("not_found");
    wait::until_true(PATIENCE, "the first attempt", fetched);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    ended(&helper.wait_with_output().unwrap()).succeeded();
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "b");
}

#[test]
fn a_socket_that_comes_later_is_waited_for() {
    let mut stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.broker.kill();
    let helper = stage.spawn(&["--timeout", LONG]);
    stage.broker.restart();
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    ended(&helper.wait_with_output().unwrap()).succeeded();
}

#[test]
fn an_unreachable_broker_fails_after_the_timeout() {
    let mut stage = Stage::new(BINDINGS);
    stage.broker.kill();
    stage.run(&[]).failed(69, &["cannot reach the broker at"]);
}

#[test]
fn an_unapproved_project_fails_at_once_and_names_the_command() {
    let stage = Stage::unapproved(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    let (ended, took) = timed(|| stage.run(&["--timeout", LONG]));
    ended
        .failed(69, &["denied", &format!("remo-reload {PROJECT}"), "hint: remo-reload runs on the instance"]);
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn a_value_that_does_not_fit_fails_at_once() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a\0b"), ("aws", "b")]);
    let (ended, took) = timed(|| stage.run(&["--timeout", LONG]));
    ended.failed(
        69,
        &["gh: the value contains NUL and cannot go into the variable GH_TOKEN", "fetch_as = \"file\""],
    );
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn another_protocol_version_fails_at_once_and_names_both() {
    let stage = Stage::new(BINDINGS);
    let socket = stage.directory.path().join("other.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        stream
            .write_all(
                b"{\"ok\":true,\"broker_version\":\"9\",\"protocol_version\":3,\"project\":\"project-a\"}\n",
            )
            .unwrap();
        line
    });
    let (ended, took) = timed(|| stage.run(&["--timeout", LONG, "--socket", socket.to_str().unwrap()]));
    ended.failed(69, &["protocol version 3", "version 2"]);
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(peer.join().unwrap(), "{\"op\":\"ping\"}\n");
}

#[test]
fn a_socket_of_another_project_is_noticed() {
    let stage = Stage::new(BINDINGS);
    stage.run(&["--project", "project-b"]).failed(69, &["serves the project project-a, not project-b"]);
}

#[test]
fn unusable_flags_end_with_64() {
    let stage = Stage::new(BINDINGS);
    for arguments in [
        &["--timeout", "soon"][..],
        &["--project", "No"],
        &["frobnicate"],
        &["exec"],
        &["env", "--shell", "csh"],
    ] {
        assert_eq!(stage.run(arguments).code, Some(64), "{arguments:?}");
    }
}

#[test]
fn wait_returns_as_soon_as_a_run_has_succeeded() {
    let stage = Stage::new(BINDINGS);
    let waiting = stage.spawn(&["wait", "--timeout", LONG]);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    ended(&waiting.wait_with_output().unwrap()).succeeded();
    stage.run(&["wait", "--timeout", "0"]).succeeded();
}

#[test]
fn wait_fails_with_the_words_of_the_run_that_failed() {
    let stage = Stage::new(BINDINGS);
    let waiting = stage.spawn(&["wait", "--timeout", LONG]);
    assert_eq!(stage.run(&["--timeout", "0"]).code, Some(69));
    let (ended, took) = timed(|| ended(&waiting.wait_with_output().unwrap()));
    ended.failed(69, &["gh: not in the vault"]);
    assert!(took < AT_ONCE, "{took:?}");
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    stage.run(&["wait", "--timeout", "0"]).succeeded();
}

#[test]
fn wait_does_not_take_the_set_of_another_project() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    stage
        .run(&["wait", "--project", "project-b", "--timeout", "0"])
        .failed(69, &["keeps the secrets of the project project-a, not of project-b"]);
    stage.run(&["wait", "--project", PROJECT, "--timeout", "0"]).succeeded();
}

#[test]
fn wait_gives_up_when_no_run_comes() {
    let stage = Stage::new(BINDINGS);
    stage.run(&["wait", "--timeout", "0.1"]).failed(69, &["no run has injected"]);
    assert!(!stage.secrets.exists());
}

#[test]
fn a_marker_of_an_earlier_start_does_not_count() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    let marker = stage.current("ready");
    let text = fs::read_to_string(&marker).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert!(text.contains(boot.trim()), "{text}");
    fs::write(&marker, text.replace(boot.trim(), "00000000-0000-0000-0000-000000000000")).unwrap();
    stage.run(&["wait", "--timeout", "0"]).failed(69, &["no run has injected"]);
}

#[test]
fn a_killed_run_leaves_nothing_that_the_next_one_does_not_clear() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    for _ in 0..30 {
        let mut helper = stage.command(&[]).stderr(Stdio::null()).spawn().unwrap();
        helper.kill().unwrap();
        helper.wait().unwrap();
        // Whatever moment it was: what is there is whole.
        assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "b");
        assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"GH_TOKEN=a\0");
    }
    wait::until_true(PATIENCE, "one set and nothing else", || {
        stage.run(&[]).succeeded();
        fs::read_dir(stage.secrets.join("views")).unwrap().count() == 1
    });
    assert_eq!(PROJECT, stage.project.name());
}
