//! Where a project without a container runs: nowhere, until a person says so.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use remo_testkit::wait::{self, PATIENCE};

use crate::stage::Stage;

/// What the launcher remembers once a start in a container began.
fn was_in_container(stage: &Stage, project: &str) {
    // A start that gets as far as the tooling, which has no engine here.
    let path = stage.state().join(format!("containers/{project}.json"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, r#"{"was_in_container":true}"#).unwrap();
}

#[test]
fn a_project_runs_on_the_host_only_when_that_is_approved() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    let words = ["shell", "-p", "a", "--exec", "echo ran-$REMO_PROJECT-$REMO_INSTANCE-$(basename $PWD)"];
    let ended = stage.remo(&words).expect(1, "nobody approved that it runs on this host");
    assert!(!ended.out.contains("ran"), "{ended:?}");
    assert!(ended.err.contains("remo trust a --host"), "{ended:?}");
    stage.remo(&["trust", "a", "--host"]).expect(2, "there is no terminal to ask on");
    stage.remo(&words).expect(1, "nobody approved");
    stage.remo(&["trust", "a", "--host", "--yes"]).expect(0, "as you");
    stage.remo(&words).expect(0, "ran-a-box-a");
    stage.remo(&["shell", "-p", "a", "--exec", "exit 42"]).expect(42, "");
    stage.remo(&["trust", "a", "--host", "--revoke"]).expect(0, "not run on this host any more");
    stage.remo(&words).expect(1, "nobody approved");
}

#[test]
fn a_configuration_that_has_gone_does_not_bring_a_project_to_the_host() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    was_in_container(&stage, "a");
    for words in [
        &["shell", "-p", "a", "--exec", "touch escaped"][..],
        &["shell", "-p", "a", "--exec", "touch escaped", "--detach"],
    ] {
        stage.remo(words).expect(1, "its dev container configuration has gone");
    }
    stage.under("project-launch", &["--project", "a", "--exec", "touch escaped"]).expect(1, "has gone");
    assert!(!stage.project("a").join("escaped").exists());
}

#[test]
fn an_approval_ends_when_the_project_enters_a_container() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    stage.remo(&["trust", "a", "--host", "--yes"]).expect(0, "");
    let file = stage.write("a", ".devcontainer/devcontainer.json", r#"{"image":"x"}"#);
    stage.remo(&["trust", "a", "--host", "--yes"]).expect(1, "runs in its container");
    // The configuration wins over the approval: this tries a container, and there is no engine.
    let ended = stage.remo(&["shell", "-p", "a", "--exec", "touch escaped"]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(!stage.project("a").join("escaped").exists());
    was_in_container(&stage, "a");
    fs::remove_file(file).unwrap();
    stage.remo(&["shell", "-p", "a", "--exec", "touch escaped"]).expect(1, "has gone");
}

#[test]
fn a_damaged_history_starts_nothing() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    let path = stage.state().join("containers/a.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for text in ["", "{", r#"{"host_is_approved":1}"#, r#"{"host_is_approved":true,"x":1}"#] {
        fs::write(&path, text).unwrap();
        stage
            .remo(&["shell", "-p", "a", "--exec", "touch escaped"])
            .expect(1, "cannot use what is remembered");
    }
    assert!(!stage.project("a").join("escaped").exists());
}

#[test]
fn a_detached_command_goes_on_and_is_logged() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    stage.remo(&["trust", "a", "--host", "--yes"]).expect(0, "");
    let release = stage.directory.path().join("release");
    let command = format!(
        "while [ ! -e {} ]; do sleep 0.05; done; echo out-$REMO_PROJECT; echo err >&2",
        release.display()
    );
    stage.under("project-launch", &["--project", "a", "--detach", "--exec", &command]).expect(0, "a.log");
    let log = || fs::read_to_string(stage.state().join("a.log")).unwrap_or_default();
    assert!(!log().contains("out-a\n"), "it returned before its command had ended");
    fs::write(&release, "").unwrap();
    wait::until_true(PATIENCE, "both outputs in the log", || {
        log().contains("\nout-a\n") && log().contains("\nerr\n")
    });
    let mode = fs::metadata(stage.state().join("a.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_that_was_linked_elsewhere_is_not_written() {
    let stage = Stage::new();
    fs::create_dir(stage.project("a")).unwrap();
    stage.remo(&["trust", "a", "--host", "--yes"]).expect(0, "");
    let other = stage.directory.path().join("other");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, stage.state().join("a.log")).unwrap();
    stage.remo(&["shell", "-p", "a", "--detach", "--exec", "echo x"]).expect(1, "cannot write the log");
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
}
