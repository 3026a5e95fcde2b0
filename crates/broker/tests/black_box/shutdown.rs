//! R-5.8 and R-5.9: signals, exit statuses and the configuration.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use remo_testkit::{Broker, PrivateDirectory, Project, audit, wait};
use rustix::process::Signal;

use crate::support::{Instance, ask, binary, get_value, options, refused};

/// What is in flight has 5 s; the rest is for a busy machine.
const SHUTDOWN: Duration = Duration::from_secs(12);

#[test]
fn sigterm_and_sigint_end_an_idle_broker_with_status_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut instance = Instance::start();
        instance.project("project-a", &["gh"]);
        instance.broker.push(&[("gh", "x")]);
        let mut idle = instance.broker.raw("project-a");
        get_value(&mut idle, "gh");
        instance.broker.signal(signal);
        let ended = instance.broker.wait(Duration::from_secs(4));
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert_eq!(idle.line(), None);
        assert_eq!(audit::events(&instance.directory.audit_log(), "shutdown").len(), 1);
    }
}

#[test]
fn what_is_in_flight_is_finished() {
    let mut instance = Instance::start();
    instance.project("project-a", &["big", "gh"]);
    let value = "x".repeat(900_000);
    instance.broker.push(&[("big", &value), ("gh", "y")]);
    let mut slow = instance.broker.raw("project-a");
    slow.send(b"{\"op\":\"get\",\"name\":\"big\"}\n");
    assert_eq!(slow.some_bytes(1), b"{", "the answer is on its way");
    instance.broker.signal(Signal::TERM);
    wait::until_true(wait::PATIENCE, "the signal's arrival", || instance.broker.stderr().contains("ending"));
    // Nobody is let in any more, while the answer under way arrives whole.
    let late = remo_testkit::RawConnection::try_open(&instance.broker.socket("project-a"));
    let late =
        late.ok().map(|mut connection| (connection.try_send(b"{\"op\":\"ping\"}\n").is_ok(), connection));
    let rest = slow.until_end(SHUTDOWN);
    assert!(rest.ends_with(b"\n") && rest.len() > value.len(), "{} bytes", rest.len());
    assert_eq!(instance.broker.wait(SHUTDOWN).code(), Some(0));
    if let Some((_, mut connection)) = late {
        assert_eq!(connection.until_end(wait::PATIENCE), b"", "nobody was let in");
    }
}

#[test]
fn a_reader_that_does_not_read_does_not_hold_up_the_end() {
    let mut instance = Instance::start();
    instance.project("project-a", &["big"]);
    instance.broker.push(&[("big", &"x".repeat(900_000))]);
    let mut stuck = instance.broker.raw("project-a");
    stuck.send(b"{\"op\":\"get\",\"name\":\"big\"}\n{\"op\":\"get\",\"name\":\"big\"}\n");
    assert_eq!(stuck.some_bytes(1), b"{");
    let mut half = instance.broker.raw_admin();
    half.send(b"{\"op\":");
    assert_eq!(instance.broker.terminate(SHUTDOWN).code(), Some(0));
}

#[test]
fn sighup_rereads_the_configuration() {
    let instance = Instance::with_config("[cache]\ndefault_ttl_seconds = 100\n");
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let ttl = || {
        // A running lease keeps its time; a push ends it.
        instance.broker.push(&[("gh", "x")]);
        ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#)["ttl_seconds"].as_u64().unwrap()
    };
    assert_eq!(ttl(), 100);
    let mut held = instance.broker.raw("project-a");
    fs::write(instance.directory.config_file(), "[cache]\ndefault_ttl_seconds = 50\n").unwrap();
    instance.broker.signal(Signal::HUP);
    wait::until_true(wait::PATIENCE, "the new configuration", || ttl() == 50);
    assert_eq!(get_value(&mut held, "gh"), "x", "connections stay");
    // A broken configuration is said and changes nothing.
    fs::write(instance.directory.config_file(), "[cache]\ndefault_ttl_seconds = \"tomorrow\"\n").unwrap();
    instance.broker.signal(Signal::HUP);
    wait::until_true(wait::PATIENCE, "a message", || {
        instance.broker.stderr().contains("default_ttl_seconds")
    });
    assert_eq!(ttl(), 50);
}

fn run(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).env_clear().output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_bad_flag_exits_with_64() {
    for arguments in [
        &["run", "--no-such-flag"][..],
        &["no-such-command"],
        &["run", "--socket-dir"],
        &["run", "surplus"],
        &["audit", "--no-such-flag"],
        &["check-config", "--no-such-flag"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for arguments in [&["--help"][..], &["run", "--help"], &["audit", "--help"], &["check-config", "--help"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stdout.len() > 100 && output.stderr.is_empty(), "{arguments:?}");
    }
    let version = run(&["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap().trim(),
        format!("remo-broker {}", crate::support::VERSION)
    );
}

/// Every wrong shape of a configuration: the key or the words that the message has to name.
const BAD_CONFIGURATIONS: [(&str, &str); 14] = [
    ("nonsense", "nonsense"),
    ("[cache]\ndefault_ttl_secnds = 5\n", "default_ttl_secnds"),
    ("[cash]\n", "cash"),
    ("[cache]\ndefault_ttl_seconds = 0\n", "default_ttl_seconds"),
    ("[cache]\ndefault_ttl_seconds = 86401\n", "default_ttl_seconds"),
    ("[cache]\ndefault_ttl_seconds = -1\n", "default_ttl_seconds"),
    ("[cache]\ndefault_ttl_seconds = \"5\"\n", "default_ttl_seconds"),
    ("[cache]\ndefault_max_entries = 1025\n", "default_max_entries"),
    ("[audit]\non_failure = \"ignore\"\n", "on_failure"),
    ("[audit]\npath = \"relative\"\n", "audit.path"),
    ("[limits]\nproject_connections = 0\n", "project_connections"),
    ("[paths]\nsocket_dir = 5\n", "socket_dir"),
    ("[paths]\nsocket_dir = \"\"\n", "socket_dir"),
    ("[cache]\ndefault_ttl_seconds = 5\ndefault_ttl_seconds = 6\n", "default_ttl_seconds"),
];

#[test]
fn a_bad_configuration_exits_with_78_and_names_file_and_key() {
    let directory = PrivateDirectory::new();
    let file = directory.config_file();
    let path = file.to_str().unwrap();
    for (text, key) in BAD_CONFIGURATIONS {
        fs::write(&file, text).unwrap();
        for command in ["run", "check-config"] {
            let output = run(&[command, "--config", path]);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(78), "{command} {text:?}: {said}");
            assert!(said.contains(path) && said.contains(key), "{command} {text:?}: {said}");
        }
    }
    fs::write(&file, b"\xff\xfe").unwrap();
    assert_eq!(run(&["check-config", "--config", path]).status.code(), Some(78));
    for missing in ["/nonexistent/config.toml", directory.path().to_str().unwrap()] {
        let output = run(&["check-config", "--config", missing]);
        assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
        assert!(stderr(&output).contains(missing));
    }
}

#[test]
fn check_config_accepts_the_shipped_example() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/example.toml");
    let output = Command::new(binary())
        .args(["check-config", "--config", example.to_str().unwrap()])
        .env_clear()
        .env("HOME", "/home/me")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Without a command, `run` is meant; flags override the file.
#[test]
fn flags_override_the_file_and_run_is_the_default_command() {
    let directory = PrivateDirectory::new();
    let nowhere = "[paths]\nsocket_dir = \"/nonexistent/a\"\nstate_dir = \"/nonexistent/b\"\n\
                   [audit]\npath = \"/nonexistent/c\"\n";
    let broker = Broker::start(&directory, &options(nowhere));
    let project = Project::new(&directory, "project-a", &["gh"]);
    broker.approve(&project);
    broker.push(&[("gh", "x")]);
    assert_eq!(get_value(&mut broker.raw("project-a"), "gh"), "x");
    drop(broker);
    let output = run(&["--config", "/nonexistent/config.toml"]);
    assert_eq!(output.status.code(), Some(78), "without a command: {}", stderr(&output));
}

/// A failed start says what was attempted and where, and its reason once.
#[test]
fn a_failed_start_says_what_and_where_once() {
    let directory = PrivateDirectory::new();
    fs::remove_dir(directory.state_dir()).unwrap();
    std::os::unix::fs::symlink("/dev/null", directory.state_dir()).unwrap();
    let ended = Broker::try_start(&directory, &options("")).unwrap_err();
    assert_eq!(ended.code(), Some(1));
    let state = directory.state_dir();
    assert!(ended.stderr.contains(state.to_str().unwrap()), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(lines.iter().all(|line| line.len() < 400), "{}", ended.stderr);
    let reason = "irectory (os error";
    assert!(ended.stderr.matches(reason).count() <= 1, "{}", ended.stderr);
}

/// After the end, nothing is served and nothing answers.
#[test]
fn after_the_end_nothing_listens() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.terminate(SHUTDOWN);
    for socket in [instance.directory.admin_socket(), instance.broker.socket("project-a")] {
        assert!(remo_testkit::RawConnection::try_open(&socket).is_err(), "{}", socket.display());
    }
    instance.broker.restart();
    refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "not_found");
}
