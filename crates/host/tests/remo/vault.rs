//! `remo vault`, as far as no engine is needed: each thing that is missing is said, with what to type next.

use std::fs;
use std::os::unix::fs::{chown, symlink};

use crate::stage::Stage;

#[test]
fn what_keeps_the_vault_from_being_made_is_said_in_the_order_in_which_it_is_mended() {
    let stage = Stage::new();
    let folder = stage.directory.path().join("key");
    let key = folder.join("key.txt");
    let up = || stage.remo(&["vault", "up"]);
    up().expect(1, "remo-vault key ensure --owner UID");
    fs::create_dir(&folder).unwrap();
    symlink("/etc/passwd", &key).unwrap();
    up().expect(1, "is no file");
    fs::remove_file(&key).unwrap();
    fs::write(&key, "").unwrap();
    if chown(&key, Some(0), Some(0)).is_err() {
        remo_testkit::skip::skipped("vault::what_keeps_the_vault_from_being_made", "not root");
        return;
    }
    up().expect(1, "the vault does not run as root");
    chown(&key, Some(4711), Some(4711)).unwrap();
    // The broker of this stage runs as root, and there is no group of its name.
    let admin = stage.directory.socket_dir().join("admin");
    chown(&admin, None, Some(0)).unwrap();
    up().expect(1, "groupadd --system remo-vault");
    chown(&admin, None, Some(1)).unwrap();
    up().expect(1, "remo doctor");
    fs::rename(&admin, stage.directory.socket_dir().join("away")).unwrap();
    symlink(stage.directory.socket_dir(), &admin).unwrap();
    up().expect(1, "is no folder");
}

#[test]
fn an_image_is_built_from_nothing_that_a_container_could_have_written() {
    let stage = Stage::new();
    stage.remo(&["vault", "build", "--context", "/nonexistent"]).expect(1, "is no context of the vault");
    let planted = stage.write("project-a", "image/Dockerfile", "FROM x");
    let planted = planted.parent().unwrap();
    stage
        .remo(&["vault", "build", "--context", planted.to_str().unwrap()])
        .expect(2, "a container could have written that context");
}

#[test]
fn nothing_is_said_to_run_that_was_never_made() {
    let stage = Stage::new();
    stage.remo(&["vault", "down"]).expect(0, "the vault does not run");
    let ended = stage.remo(&["vault", "status", "--json"]).expect(1, "");
    let vault: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(vault["state"], "none", "{vault}");
    assert_eq!(vault["healthy"], serde_json::Value::Null, "{vault}");
    stage.remo(&["vault", "status"]).expect(1, "> remo vault up");
}
