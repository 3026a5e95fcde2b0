//! Tools that hang, signals, and what is left running.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use remo_testkit::wait;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::scene::Scene;

const VALUE: &str = "credential = { value = { file = \"token\" } }";

/// A script that writes its process number and those of what it starts, then goes on with `then`.
fn reporting(file: &Path, then: &str) -> String {
    let file = file.display();
    format!(
        "echo tripwire-in-the-home > secret; setsid sleep 600 > /dev/null 2>&1 & \n\
         echo $$ $! > {file}.new; mv {file}.new {file}; {then}"
    )
}

fn processes(file: &PathBuf) -> Vec<Pid> {
    wait::until_true(wait::PATIENCE, "the tool runs", || file.exists());
    let numbers = fs::read_to_string(file).unwrap();
    numbers.split_whitespace().map(|number| Pid::from_raw(number.parse().unwrap()).unwrap()).collect()
}

fn expect_ended(processes: &[Pid]) {
    for process in processes {
        let gone = || test_kill_process(*process).is_err();
        wait::until_true(wait::PATIENCE, "the tool and what it started have ended", gone);
    }
}

/// Signals a login whose tool runs `then`, and gives what it left.
fn signalled(scene: &Scene, signal: Signal, then: &str) -> Output {
    let file = scene.room.path().join("processes");
    let _ = fs::remove_file(&file);
    scene.scripted("hangs", &reporting(&file, then), VALUE);
    let child = scene.command(&["hangs"]).spawn().unwrap();
    let running = processes(&file);
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    expect_ended(&running);
    output
}

#[test]
fn a_signal_ends_the_tool_and_wipes_its_home() {
    let scene = Scene::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        // The second one does not listen.
        for then in ["exec sleep 600", "trap '' TERM INT; while :; do sleep 1; done"] {
            let output = signalled(&scene, signal, then);
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains("interrupted; nothing was stored"), "{said}");
            scene.expect_nothing_left(&["tripwire-in-the-home"]);
            assert!(scene.names().is_empty());
        }
    }
}

#[test]
fn a_tool_that_takes_too_long_is_ended() {
    let scene = Scene::new();
    let file = scene.room.path().join("processes");
    scene.scripted("hangs", &reporting(&file, "exec sleep 600"), VALUE);
    let path = scene.recipes().join("hangs.toml");
    let recipe = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{recipe}timeout_seconds = 2\n")).unwrap();
    let ended = scene.run(&["hangs"]).expect(1);
    assert!(ended.stderr.contains("was ended after 2 s"), "{ended:?}");
    if file.exists() {
        expect_ended(&processes(&file));
    }
    scene.expect_nothing_left(&["tripwire-in-the-home"]);
}

#[test]
fn nothing_that_a_tool_started_outlives_the_login() {
    let scene = Scene::new();
    let file = scene.room.path().join("processes");
    scene.scripted("leaves", &reporting(&file, "echo x > token"), VALUE);
    scene.run(&["leaves"]).expect(0);
    expect_ended(&processes(&file));
    scene.expect_nothing_left(&["tripwire-in-the-home"]);
}
