//! Starts as far as they go without an engine.

use std::fs;
use std::os::unix::fs::symlink;

use remo_testkit::Project;

use crate::stage::{Stage, remo, script};

#[test]
fn status_names_projects_and_what_to_approve() {
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    fs::create_dir(stage.project("Not For Secrets")).unwrap();
    stage.broker.register(&project).unwrap();
    let ended = stage.remo(&["status"]).expect(0, "unapproved");
    assert!(ended.out.contains("Not For Secrets") && ended.out.contains("> remo trust a"), "{ended:?}");
    let json: serde_json::Value = serde_json::from_str(&stage.remo(&["status", "--json"]).out).unwrap();
    assert_eq!(json[1]["project"], "a");
    assert_eq!(json[1]["container"], "none");
    assert_eq!(json[1]["manifest"], "unapproved");
}

#[test]
fn nothing_starts_without_the_gate() {
    let stage = Stage::new();
    Project::new(&stage.directory, "a", &["gh"]);
    stage.write("a", ".devcontainer/devcontainer.json", r#"{"image":"x"}"#);
    // The binary alone in a folder, with a CLI that would tell.
    let folder = stage.directory.path().join("alone");
    fs::create_dir(&folder).unwrap();
    fs::copy(remo(), folder.join("remo")).unwrap();
    let ran = stage.directory.path().join("ran");
    script(&folder.join("devcontainer"), &format!("touch {}", ran.display()));
    let mut command = stage.command(&folder.join("remo"), &["up", "a", "--yes"]);
    crate::stage::ended(command.env("PATH", &folder)).expect(1, "nothing is started without it");
    assert!(!ran.exists());
}

#[test]
fn a_cli_or_gate_in_a_project_is_not_run() {
    let stage = Stage::new();
    stage.write("a", ".devcontainer/devcontainer.json", r#"{"image":"x"}"#);
    let ran = stage.directory.path().join("ran");
    let planted = stage.project("a").join("node_modules/.bin");
    script(&planted.join("devcontainer"), &format!("touch {}", ran.display()));
    let linked = stage.directory.path().join("bin");
    symlink(&planted, &linked).unwrap();
    let mut command = stage.command(&remo(), &["up", "a", "--yes"]);
    crate::stage::ended(command.env("PATH", format!("{}:{}", planted.display(), linked.display())))
        .expect(1, "the Dev Containers CLI is not installed");
    assert!(!ran.exists());
}

#[test]
fn the_vault_is_entered_by_a_whole_id_only() {
    let stage = Stage::new();
    stage.remo(&["shell", "-p", "_remo-vault"]).expect(1, "remo-vault key ensure");
    stage.remo(&["adopt-vault", "vault"]).expect(2, "a name could be taken by another one");
    stage.remo(&["adopt-vault", "--", "--help"]).expect(2, "a name could be taken by another one");
}

#[test]
fn the_menu_lets_everybody_in_when_it_cannot_be_shown() {
    let stage = Stage::new();
    stage.under("project-menu", &[]).expect(0, "");
    let mut command = stage.command(&stage.directory.path().join("project-menu"), &[]);
    crate::stage::ended(command.env_remove("HOME")).expect(0, "HOME");
    stage.remo(&["shell"]).expect(2, "there is no terminal to choose on");
}
