//! `start`, `hook` and `shell`: what the dev container feature calls.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use remo_testkit::{skip, wait};
use remo_wire::names::ProjectName;

use crate::stage::{BINDINGS, PROJECT, Stage, ended};

/// A user that no machine has.
const USER: u32 = 42_424;

/// A file of users, a home and a place for secrets that this user can reach, and the broker knows the user.
fn stage_for_user() -> (Stage, PathBuf) {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "token-1"), ("aws", "key-1")]);
    let mut register = remo_testkit::registration(&stage.project, false);
    assert_eq!(register.name, ProjectName::new(PROJECT).unwrap());
    register.allowed_uids = Some(vec![USER]);
    stage.broker.register_as(register).unwrap();
    // In a container the socket's directory is mounted past what is closed on the host.
    let projects = stage.directory.socket_dir().join("projects");
    for path in [stage.directory.path(), stage.directory.secrets_dir(), &projects] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    chown(&stage.home, Some(USER), Some(USER)).unwrap();
    let secrets = tempfile::Builder::new().prefix("remo-user-").tempdir_in("/dev/shm").unwrap().keep();
    fs::remove_dir(&secrets).unwrap();
    (stage, secrets)
}

#[test]
fn root_becomes_the_remote_user_and_hands_the_variables_back() {
    if skip::without_root("container::root_becomes_the_remote_user_and_hands_the_variables_back") {
        return;
    }
    let (stage, secrets) = stage_for_user();
    let mut command = stage.command_in(&secrets, &["start", "--user", &USER.to_string(), "--home"]);
    let done = ended(&command.arg(&stage.home).output().unwrap());
    assert_eq!(done.succeeded().stdout, "export GH_TOKEN='token-1'\n");
    let link = stage.credentials();
    assert_eq!(link.symlink_metadata().unwrap().uid(), USER);
    let file = fs::canonicalize(&link).unwrap();
    assert_eq!(
        (fs::read_to_string(&file).unwrap().as_str(), file.metadata().unwrap().uid()),
        ("key-1", USER)
    );
    let place = secrets.metadata().unwrap();
    assert_eq!((place.uid(), place.gid(), place.mode() & 0o7777), (USER, USER, 0o700));
    fs::remove_dir_all(secrets).unwrap();
}

#[test]
fn a_third_user_gets_nothing_at_the_entrypoint_and_no_error() {
    if skip::without_root("container::a_third_user_gets_nothing_at_the_entrypoint_and_no_error") {
        return;
    }
    let (stage, secrets) = stage_for_user();
    for (arguments, code) in
        [(["start", "--user", "root"], 0), (["shell", "--user", "root"], 0), (["hook", "--user", "root"], 69)]
    {
        let own = stage.command_in(&secrets, &arguments);
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "42425", "--regid", "42425", "--clear-groups"])
            .arg(own.get_program())
            .args(own.get_args())
            .env_clear()
            .envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null());
        let done = ended(&command.output().unwrap());
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{arguments:?}: {done:?}");
    }
    assert!(!secrets.exists());
    let asked = fs::read_to_string(stage.broker.audit_log()).unwrap().contains("\"fetch\"");
    assert!(!asked, "nothing is asked for");
}

#[test]
fn a_user_that_is_not_there_is_an_error_with_code_for_the_shell() {
    let stage = Stage::new(BINDINGS);
    let done = stage.run(&["start", "--user", "no-such-user"]);
    assert_eq!(done.stdout, "false\n");
    done.failed(64, &["no user no-such-user"]);
}

#[test]
fn hook_and_shell_take_what_the_entrypoint_brought_in_and_ask_nobody() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "it's one"), ("aws", "key-1")]);
    stage.run(&["start"]).succeeded();
    let asked = || remo_testkit::audit::events(stage.broker.audit_log(), "fetch").len();
    let before = asked();
    assert_eq!(stage.run(&["shell"]).succeeded().stdout, "export GH_TOKEN='it'\\''s one'\n");
    assert_eq!(
        stage.run(&["shell", "--shell", "fish"]).succeeded().stdout,
        "set -gx GH_TOKEN 'it\\'s one'\n"
    );
    let mut hook = stage.command(&["hook"]);
    ended(&hook.env("GH_TOKEN", "it's one").output().unwrap()).succeeded();
    assert_eq!(asked(), before);
}

#[test]
fn without_an_entrypoint_the_first_hook_or_shell_brings_in() {
    for first in ["hook", "shell"] {
        let stage = Stage::new(BINDINGS);
        stage.broker.push(&[("gh", "one"), ("aws", "key-1")]);
        let mut command = stage.command(&[first]);
        ended(&command.env("GH_TOKEN", "one").output().unwrap()).succeeded();
        assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "key-1", "{first}");
    }
}

#[test]
fn a_hook_fails_when_commands_of_the_tooling_would_lack_a_variable() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "one"), ("aws", "key-1")]);
    let done = stage.run(&["hook"]);
    done.failed(69, &["the tooling's environment lacks GH_TOKEN", "userEnvProbe"]);
}

#[test]
fn a_hook_waits_for_a_run_that_goes_on_and_passes_its_failure_on() {
    let stage = Stage::new(BINDINGS);
    // `aws` is missing: the entrypoint waits for it, then fails and lingers.
    stage.broker.push(&[("gh", "one")]);
    let entrypoint = stage.spawn(&["start"]);
    wait::until_true(wait::PATIENCE, "the entrypoint's turn", || stage.secrets.join("running").exists());
    let done = stage.run(&["hook"]);
    done.failed(69, &["the secrets of this container failed", "aws: not in the vault"]);
    let output = ended(&entrypoint.wait_with_output().unwrap());
    assert_eq!((output.code, output.stdout.as_str()), (Some(69), "false\n"));
    // A shell after that looks once, and does not hold up a person for as long as a start may take.
    let began = Instant::now();
    let mut shell = stage.command(&["shell", "--timeout", "600"]);
    let shell = ended(&shell.output().unwrap());
    assert_eq!((shell.code, shell.stdout.as_str()), (Some(69), "false\n"));
    assert!(began.elapsed() < Duration::from_mins(2), "{:?}", began.elapsed());
    // What is repaired works at the next shell.
    stage.broker.push(&[("gh", "one"), ("aws", "key-1")]);
    stage.run(&["shell"]).succeeded();
}

#[test]
fn a_failed_entrypoint_stays_no_longer_than_until_somebody_was_told() {
    let stage = Stage::unapproved(BINDINGS);
    let entrypoint = stage.spawn(&["start"]);
    wait::until_true(wait::PATIENCE, "the failure", || stage.secrets.join("failed").exists());
    let told = Instant::now();
    stage.run(&["hook"]).failed(69, &["denied"]);
    let output = entrypoint.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(69));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[test]
fn copies_of_the_environment_lead_to_nowhere_afterwards() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "one"), ("aws", "key-1")]);
    // The tooling's folder in the home, and one that is named; the second is seen to before there is a copy.
    let session = stage.home.join(".devcontainer/session");
    fs::create_dir_all(&session).unwrap();
    let copy = session.join("env-loginInteractiveShell.json");
    fs::write(&copy, r#"{"GH_TOKEN":"one"}"#).unwrap();
    let other = session.join("notes.json");
    fs::write(&other, "kept").unwrap();
    let named = stage.directory.path().join("named");
    fs::create_dir(&named).unwrap();
    let mut hook = stage.command(&["hook", "--session-data"]);
    let done = ended(&hook.arg(&named).env("GH_TOKEN", "one").output().unwrap());
    assert!(done.succeeded().stderr.contains("held a copy of the environment on disk"), "{done:?}");
    for link in [&copy, &named.join("env-loginInteractiveShell.json"), &named.join("env-loginShell.json")] {
        assert_eq!(fs::read_link(link).unwrap(), PathBuf::from("/dev/null"));
    }
    assert_eq!(fs::read_to_string(other).unwrap(), "kept");
}
