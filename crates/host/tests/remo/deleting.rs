//! Deleting projects.

use std::fs;
use std::os::unix::fs::symlink;

use remo_testkit::Project;

use crate::stage::Stage;

#[test]
fn a_project_is_deleted_by_its_name_typed_once_more() {
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    stage.broker.approve(&project);
    stage.remo(&["delete", "a"]).expect(2, "there is no terminal to ask on");
    stage.remo(&["delete", "a", "--yes", "b"]).expect(1, "nothing was deleted");
    assert!(project.path().exists());
    stage.remo(&["delete", "a", "--yes", "a"]).expect(0, "a is deleted");
    assert!(!project.path().exists());
    assert!(stage.broker.status().projects.is_empty(), "its socket is closed");
    let left: Vec<_> = fs::read_dir(stage.directory.projects_root()).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn links_in_a_project_are_removed_and_not_followed() {
    let stage = Stage::new();
    let other = stage.directory.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("mine"), "mine").unwrap();
    fs::create_dir_all(stage.project("a").join("deep")).unwrap();
    symlink(&other, stage.project("a").join("deep/link")).unwrap();
    symlink(other.join("mine"), stage.project("a").join("file")).unwrap();
    stage.remo(&["delete", "a", "--yes", "a"]).expect(0, "");
    assert_eq!(fs::read_to_string(other.join("mine")).unwrap(), "mine");
}

#[test]
fn what_was_approved_for_a_deleted_project_is_not_approved_for_the_next_of_its_name() {
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    stage.broker.approve(&project);
    stage.remo(&["delete", "a", "--yes", "a"]).expect(0, "");
    // The same manifest, byte for byte: the broker's pin would fit.
    let next = Project::new(&stage.directory, "a", &["gh"]);
    next.write_secrets(&["gh"]);
    stage.write("a", ".devcontainer/devcontainer.json", r#"{"image":"x"}"#);
    let ended = stage.remo(&["trust", "a"]);
    assert!(ended.err.contains("nothing is approved yet") && ended.err.contains("GH"), "{ended:?}");
    assert_eq!(ended.code, 2, "it asks: {ended:?}");
    stage.remo(&["trust", "a", "--yes"]).expect(0, "in force");
    let again = stage.remo(&["trust", "a"]).expect(0, "in force");
    assert!(!again.err.contains("nothing is approved yet"), "{again:?}");
}
