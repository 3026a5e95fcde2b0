//! The records of logins: no store, no earlier version, and right about what the store holds, also when it could not be
//! written.

use std::fs::{self, File};
use std::path::Path;

use remo_testkit::wait;
use rustix::fs::{FlockOperation, flock};

use crate::claude::{CLAUDE, run, scene, token};
use crate::room::PROJECT;
use crate::scene::Scene;
use crate::watcher::Watcher;

const REFUSED: &str = "it holds the records of logins, which stay in the vault";

#[test]
fn the_records_are_no_store_whatever_they_are_called() {
    let scene = scene(28_800);
    let broker = scene.room.broker();
    scene.room.project(&broker, &["claude"]);
    run(&scene, &["claude"], 0);
    let records = scene.room.vault().join("logins.age");
    let renamed = scene.room.vault().join("renamed.age");
    fs::copy(&records, &renamed).unwrap();
    let before = fs::read(&records).unwrap();
    let dotenv = scene.room.path().join("x.env");
    fs::write(&dotenv, "A=1\n").unwrap();
    for store in [&records, &renamed] {
        let store = store.to_str().unwrap();
        for command in [
            &["push"][..],
            &["get", "claude", "--reveal"],
            &["get", "claude"],
            &["list", "--json"],
            &["set", "claude"],
            &["remove", "claude"],
            &["import", dotenv.to_str().unwrap()],
        ] {
            let arguments = [command, &["--store", store, "--source", "embedded"]].concat();
            let refused = scene.room.feed(&arguments, b"x\n").expect(1);
            assert!(refused.stderr.contains(REFUSED), "{arguments:?}: {refused:?}");
            assert!(!format!("{refused:?}").contains("tripwire"), "{arguments:?}: {refused:?}");
        }
        let watch = ["watch", "--no-refresh", "--store", store, "--source", "embedded"];
        let watcher = Watcher::run(scene.room.command(&watch));
        watcher.wait_for(REFUSED);
    }
    assert_eq!(fs::read(&records).unwrap(), before);
    let answer = broker.raw(PROJECT).ask(r#"{"op":"get","name":"claude"}"#);
    assert_eq!(answer["value"], serde_json::Value::Null, "the broker has nothing of it: {answer}");
    // And a store is no file of records.
    fs::copy(scene.room.store(), &records).unwrap();
    let refused = run(&scene, &["refresh", "claude"], 1);
    assert!(refused.contains("it holds secrets, not the records of logins"), "{refused}");
}

#[test]
fn what_is_forgotten_is_gone() {
    let scene = scene(28_800);
    let previous = scene.room.vault().join("logins.age.previous");
    run(&scene, &["claude"], 0);
    run(&scene, &["refresh", "claude"], 0);
    assert!(!previous.exists(), "{:?}", scene.room.files());
    // As something else may have left it.
    fs::copy(scene.room.vault().join("logins.age"), &previous).unwrap();
    let said = run(&scene, &["forget", "claude"], 0);
    assert!(said.contains("forgot the login of claude; the secret is still stored"), "{said}");
    assert!(!previous.exists(), "{:?}", scene.room.files());
    assert_eq!(scene.room.reveal("claude"), token(2));
    run(&scene, &["claude"], 0);
    scene.room.run(&["remove", "claude"]).expect(0);
    let said = run(&scene, &["forget", "claude"], 0);
    assert!(said.contains("forgot the login of claude; no secret of this name is stored"), "{said}");
}

#[test]
fn a_new_vault_key_opens_the_records_and_they_stay_no_store() {
    let scene = scene(28_800);
    run(&scene, &["claude"], 0);
    let before = fs::read(scene.room.vault().join("logins.age")).unwrap();
    scene.room.run(&["key", "rotate"]).expect(0);
    assert_ne!(fs::read(scene.room.vault().join("logins.age")).unwrap(), before);
    run(&scene, &["refresh", "claude"], 0);
    assert_eq!(scene.room.reveal("claude"), token(2));
    let records = scene.room.vault().join("logins.age");
    let arguments = ["list", "--store", records.to_str().unwrap()];
    assert!(scene.room.run(&arguments).expect(1).stderr.contains(REFUSED));
}

#[test]
fn what_could_not_be_stored_is_found_before_the_tool_runs() {
    let scene = Scene::new();
    let mark = scene.room.path().join("ran");
    let value = "credential = { value = { file = \"token\" } }";
    scene.scripted("some", &format!("touch {}; echo x > token", mark.display()), value);
    // The first store of fnox, and no fnox.
    let store = scene.room.path().join("other/fnox.toml");
    let arguments = ["some", "--store", store.to_str().unwrap(), "--source", "fnox"];
    let output = scene.command(&arguments).env("PATH", scene.tools()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("fnox"), "{said}");
    assert!(!mark.exists(), "the tool ran: {said}");
    // A folder in which the store's draft cannot be written.
    let draft = scene.room.beside_store(".new");
    fs::create_dir(&draft).unwrap();
    let refused = scene.run(&["some"]).expect(1);
    assert!(refused.stderr.contains("cannot write the store"), "{refused:?}");
    assert!(!mark.exists(), "the tool ran: {refused:?}");
    fs::remove_dir(&draft).unwrap();
    assert!(scene.run(&["status"]).expect(0).stderr.contains("nobody has logged in yet"));
    scene.run(&["some"]).expect(0);
    assert!(mark.exists());
}

/// A scene whose `claude` stops within a login until [`proceed`]; with the marks that it has come there, and may go on.
fn halting(scene: &Scene) {
    let (there, go) = (scene.room.path().join("there"), scene.room.path().join("go"));
    let halt = format!(
        "if test \"$1\" = auth; then touch {}; until test -e {}; do sleep 0.05; done; fi\n",
        there.display(),
        go.display()
    );
    scene.tool("claude", &(halt + &CLAUDE.replace("LEFT_FIRST", "(7200)")));
}

fn login(scene: &Scene) -> std::process::Child {
    let path = format!("{}:/usr/bin:/bin", scene.tools().display());
    scene.command(&["claude"]).env("PATH", path).spawn().unwrap()
}

/// Holds the store's lock from the moment at which the tool runs.
fn hold_lock(scene: &Scene) -> File {
    let there = scene.room.path().join("there");
    wait::until_true(wait::PATIENCE, "the tool runs", || there.exists());
    let lock = File::create(scene.room.beside_store(".lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    fs::write(scene.room.path().join("go"), "").unwrap();
    lock
}

fn again(scene: &Scene) {
    for mark in ["there", "go"] {
        fs::remove_file(scene.room.path().join(mark)).unwrap();
    }
}

fn expect_refreshable(scene: &Scene, number: u32) {
    let said = run(scene, &["status"], 0);
    assert!(said.contains("claude") && !said.contains("since"), "{said}");
    run(scene, &["refresh", "claude"], 0);
    assert_eq!(scene.room.reveal("claude"), token(number));
}

#[test]
fn a_login_whose_credential_could_not_be_stored_leaves_all_as_it_was() {
    let scene = scene(7200);
    // The first login: nothing is remembered of what is not stored.
    halting(&scene);
    let child = login(&scene);
    let lock = hold_lock(&scene);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the store is as it was before"), "{said}");
    assert!(run(&scene, &["status"], 0).contains("nobody has logged in yet"));
    drop(lock);
    again(&scene);

    // A second one: the first goes on.
    fs::write(scene.room.path().join("go"), "").unwrap();
    run(&scene, &["claude"], 0);
    again(&scene);
    let child = login(&scene);
    let lock = hold_lock(&scene);
    assert!(!child.wait_with_output().unwrap().status.success());
    drop(lock);
    expect_refreshable(&scene, 2);
}

#[test]
fn a_login_that_is_killed_before_its_credential_is_stored_leaves_the_one_before_refreshable() {
    let scene = scene(7200);
    run(&scene, &["claude"], 0);
    run(&scene, &["refresh", "claude"], 0);
    halting(&scene);
    let records = scene.room.vault().join("logins.age");
    let read = |path: &Path| fs::read(path).unwrap();
    let before = read(&records);
    let mut child = login(&scene);
    let lock = hold_lock(&scene);
    wait::until_true(wait::PATIENCE, "the record is written", || read(&records) != before);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(lock);
    // By the state of the login that was cut off, in the place of what the one before had stored.
    assert_eq!(scene.room.reveal("claude"), token(2));
    expect_refreshable(&scene, 2);
}
