//! `exec`: the secrets for one command.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use remo_testkit::wait::PATIENCE;
use remo_testkit::{Needle, Scan, memory_scan};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{BINDINGS, Stage, ended, everything_below};

/// Only a variable: the command takes the place of the helper.
const VARIABLE: &str = "[secrets.gh]\nenv_var = \"GH_TOKEN\"\n";

fn with_file() -> Stage {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "token"), ("aws", "credentials")]);
    stage
}

fn with_variable() -> Stage {
    let stage = Stage::new(VARIABLE);
    stage.broker.push(&[("gh", "token")]);
    stage
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts `script` under the helper and waits for its first line.
fn started(stage: &Stage, script: &str) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = stage
        .command(&["exec", "--", "sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    (child, output, line)
}

fn nothing_left(stage: &Stage) {
    assert!(everything_below(&stage.home).is_empty(), "{:?}", everything_below(&stage.home));
    assert_eq!(fs::read_dir(stage.secrets.join("exec")).unwrap().count(), 0);
}

#[test]
fn the_command_has_the_variables_and_nothing_is_written() {
    let stage = with_variable();
    let ended = stage.run(&["exec", "--", "sh", "-c", "printf %s \"$GH_TOKEN\"; echo \"$PPID\" >&2"]);
    ended.succeeded();
    assert_eq!(ended.stdout, "token");
    // The command took the place of the helper: its parent is this test.
    assert_eq!(ended.stderr.trim(), std::process::id().to_string());
    assert!(!stage.secrets.exists());
}

#[test]
fn files_are_there_while_the_command_runs_and_gone_afterwards() {
    let stage = with_file();
    let ended = stage.run(&["exec", "--", "sh", "-c", "cat ~/.aws/credentials; printf %s \"$GH_TOKEN\""]);
    ended.succeeded();
    assert_eq!(ended.stdout, "credentialstoken");
    nothing_left(&stage);
}

#[test]
fn the_exit_status_is_the_commands_own() {
    for stage in [with_variable(), with_file()] {
        assert_eq!(stage.run(&["exec", "--", "sh", "-c", "exit 3"]).code, Some(3));
        let missing = stage.run(&["exec", "--", "no-such-command"]);
        assert_eq!(missing.code, Some(127), "{missing:?}");
        assert!(missing.stderr.contains("cannot run no-such-command"), "{missing:?}");
        let script = stage.home.parent().unwrap().join("not-executable");
        fs::write(&script, "true").unwrap();
        assert_eq!(stage.run(&["exec", "--", script.to_str().unwrap()]).code, Some(126));
    }
    let stage = with_file();
    assert_eq!(stage.run(&["exec", "--", "sh", "-c", "kill -KILL $$"]).code, Some(128 + 9));
    nothing_left(&stage);
}

#[test]
fn arguments_arrive_as_they_were_without_a_shell() {
    let stage = with_file();
    let ended = stage.run(&["exec", "--", "printf", "%s|", "a b", "$HOME", "*", "'"]);
    assert_eq!(ended.stdout, "a b|$HOME|*|'|");
}

#[test]
fn signals_reach_the_command_and_files_are_removed_afterwards() {
    for (signal, name) in
        [(Signal::TERM, "TERM"), (Signal::INT, "INT"), (Signal::HUP, "HUP"), (Signal::USR1, "USR1")]
    {
        let stage = with_file();
        let script = format!(
            "trap 'echo got {name}; exit 7' {name}; echo ready; while :; do read -t 1 x || :; done 2>/dev/null"
        );
        let mut child = stage
            .command(&["exec", "--", "bash", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        send(&child, signal);
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, format!("got {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(7));
        nothing_left(&stage);
    }
}

#[test]
fn a_file_in_the_way_is_not_overwritten_and_the_command_does_not_run() {
    let stage = with_file();
    fs::create_dir(stage.home.join(".aws")).unwrap();
    fs::write(stage.credentials(), "mine").unwrap();
    let ran = stage.home.join("ran");
    stage
        .run(&["exec", "--", "touch", ran.to_str().unwrap()])
        .failed(69, &["aws: ", "is taken by a file that is not ours", "mv "]);
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "mine");
    assert!(!ran.exists());
    assert_eq!(fs::read_dir(stage.secrets.join("exec")).unwrap().count(), 0);
}

#[test]
fn a_link_of_the_containers_start_stays() {
    let stage = with_file();
    stage.run(&[]).succeeded();
    let before = fs::read_link(stage.credentials()).unwrap();
    let ended = stage.run(&["exec", "--", "sh", "-c", "readlink ~/.aws/credentials"]);
    assert_eq!(ended.stdout.trim(), before.to_str().unwrap());
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "credentials");
}

#[test]
fn two_commands_at_once_do_not_take_each_others_files() {
    let stage = with_file();
    let script = "cat ~/.aws/credentials; echo; read x; cat ~/.aws/credentials; echo";
    let (mut first, _, line) = started(&stage, script);
    assert_eq!(line, "credentials\n");
    let (mut second, mut output, line) = started(&stage, script);
    assert_eq!(line, "credentials\n");
    // Closing its input ends the first; the second still has its file.
    drop(first.stdin.take());
    first.wait().unwrap();
    drop(second.stdin.take());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "credentials\n");
    second.wait().unwrap();
    nothing_left(&stage);
}

#[test]
fn what_a_killed_helper_leaves_is_cleared_by_the_next_run() {
    let stage = with_file();
    let (mut child, _, line) = started(&stage, "cat ~/.aws/credentials; echo; read x");
    assert_eq!(line, "credentials\n");
    send(&child, Signal::KILL);
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(stage.credentials().exists());
    stage.run(&["exec", "--", "true"]).succeeded();
    nothing_left(&stage);
}

#[test]
fn a_directory_that_the_command_removed_stays_removed() {
    let stage = with_file();
    stage.run(&["exec", "--", "sh", "-c", "rm -r ~/.aws"]).succeeded();
    assert!(!stage.home.join(".aws").exists());
    nothing_left(&stage);
}

#[test]
fn the_helper_holds_no_value_while_the_command_runs() {
    const TEST: &str = "exec::the_helper_holds_no_value_while_the_command_runs";
    let stage = Stage::new(BINDINGS);
    let (gh, aws) = ("tripwire-in-memory-of-a-variable", "tripwire-in-memory-of-a-file");
    stage.broker.push(&[("gh", gh), ("aws", aws)]);
    let (mut child, _, line) = started(&stage, "cat ~/.aws/credentials; echo; read x");
    assert_eq!(line.trim(), aws);
    let needles = [Needle::new("gh", gh.as_bytes()), Needle::new("aws", aws.as_bytes())];
    // The command may be ahead of the helper, which gives its copies up once the command has started.
    remo_testkit::wait::until_true(PATIENCE, "no copy in the helper's memory", || {
        match memory_scan(child.id(), &needles) {
            Scan::Clean { bytes } => bytes > 0,
            Scan::Found(_) => false,
            Scan::Skipped(why) => {
                remo_testkit::skip::skipped(TEST, &why);
                true
            }
        }
    });
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn the_command_keeps_its_core_limit() {
    for stage in [with_variable(), with_file()] {
        let script = "ulimit -Hc; exec \"$0\" exec -- sh -c 'ulimit -Hc'";
        let command = stage.command(&[]);
        let helper = command.get_program().to_owned();
        let output = std::process::Command::new("bash")
            .env_clear()
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .args(["-c", script])
            .arg(helper)
            .output()
            .unwrap();
        let ended = ended(&output);
        let limits: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(limits.len(), 2, "{ended:?}");
        assert_eq!(limits[0], limits[1], "{ended:?}");
    }
}

#[test]
fn an_ordinary_user_gets_its_secrets_and_an_ordinary_process() {
    const TEST: &str = "exec::an_ordinary_user_gets_its_secrets_and_an_ordinary_process";
    const USER: u32 = 4242;
    if remo_testkit::skip::without_root(TEST) {
        return;
    }
    let stage = Stage::new(BINDINGS);
    let mut registration = remo_testkit::registration(&stage.project, true);
    registration.allowed_uids = Some(vec![USER]);
    stage.broker.register_as(registration).unwrap();
    stage.broker.push(&[("gh", "token"), ("aws", "credentials")]);
    // A container has the socket's directory mounted; here the user has to get there over the host's path.
    for path in [stage.directory.path().to_owned(), stage.directory.socket_dir().join("projects")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    std::os::unix::fs::chown(&stage.home, Some(USER), Some(USER)).unwrap();
    let memory = tempfile::Builder::new().prefix("remo-").tempdir_in("/dev/shm").unwrap();
    std::os::unix::fs::chown(memory.path(), Some(USER), Some(USER)).unwrap();
    let secrets = memory.path().join("secrets");

    let as_user = |arguments: &[&str]| {
        use std::os::unix::process::CommandExt as _;
        let mut command = stage.command_in(&secrets, arguments);
        command.uid(USER).gid(USER);
        ended(&command.output().unwrap())
    };
    // A process that is not dumpable shows its files in /proc as root's.
    let script = "stat -c %u /proc/self/status; cat ~/.aws/credentials";
    let inside = as_user(&["exec", "--", "sh", "-c", script]);
    inside.succeeded();
    assert_eq!(inside.stdout, format!("{USER}\ncredentials"));
    // The helper itself waits for its command and is not dumpable: its files are root's.
    let parent = as_user(&["exec", "--", "sh", "-c", "stat -c %u /proc/$PPID/status"]);
    assert_eq!(parent.stdout, "0\n", "{parent:?}");
    as_user(&[]).succeeded();
    as_user(&["wait", "--timeout", "0"]).succeeded();
    // Root does not take over a directory of this user.
    ended(&stage.command_in(&secrets, &[]).output().unwrap()).failed(69, &["belongs to user 4242"]);
}
