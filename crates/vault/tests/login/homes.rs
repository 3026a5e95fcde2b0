//! The tool's home: memory-backed, alone, and nothing of a dead one stays.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use remo_testkit::{skip, wait};
use rustix::process::{Pid, test_kill_process};

use crate::scene::Scene;

const VALUE: &str = "credential = { value = { file = \"token\" } }";

/// Whether `path` is on a tmpfs.
fn in_memory(path: &std::path::Path) -> bool {
    rustix::fs::statfs(path).unwrap().f_type == 0x0102_1994
}

#[test]
fn a_home_on_a_disk_is_refused_before_the_tool_runs() {
    let scene = Scene::new();
    if in_memory(scene.room.path()) {
        return skip::skipped(
            "homes::a_home_on_a_disk_is_refused_before_the_tool_runs",
            "/tmp is memory-backed",
        );
    }
    let mark = scene.room.path().join("ran");
    scene.scripted("some", &format!("touch {}; echo x > token", mark.display()), VALUE);
    let disk = scene.room.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let refused = scene.run(&["some", "--home", disk.to_str().unwrap()]).expect(1);
    assert!(refused.stderr.contains("it is on a disk"), "{refused:?}");
    assert!(!mark.exists());
}

#[test]
fn a_home_that_others_reach_or_that_is_a_link_is_refused() {
    let scene = Scene::new();
    scene.scripted("some", "echo x > token", VALUE);
    let base = scene.homes();
    fs::create_dir(&base).unwrap();
    for mode in [0o755, 0o770, 0o1777] {
        fs::set_permissions(&base, fs::Permissions::from_mode(mode)).unwrap();
        let refused = scene.run(&["some"]).expect(1);
        assert!(refused.stderr.contains("it is open to others"), "{refused:?}");
    }
    fs::remove_dir(&base).unwrap();
    let elsewhere = scene.memory().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &base).unwrap();
    assert!(scene.run(&["some"]).expect(1).stderr.contains("it is a link or no folder"));
    fs::remove_file(&base).unwrap();
    let linked = scene.memory().join("linked");
    symlink(&elsewhere, &linked).unwrap();
    let refused = scene.run(&["some", "--home", linked.to_str().unwrap()]).expect(1);
    assert!(
        refused.stderr.contains("there is a symbolic link in its path, or it is no folder"),
        "{refused:?}"
    );
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = scene.run(&["some", "--home", elsewhere.to_str().unwrap()]).expect(1);
    assert!(refused.stderr.contains("others can rename what is in it"), "{refused:?}");
    scene.run(&["some"]).expect(0);
}

#[test]
fn what_a_killed_login_left_is_wiped_by_the_next_one() {
    let scene = Scene::new();
    let process = scene.room.path().join("process");
    let script = format!(
        "mkdir deep; echo tripwire-left > deep/left; echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600",
        process.display()
    );
    scene.scripted("hangs", &script, VALUE);
    let mut child = scene.command(&["hangs"]).spawn().unwrap();
    wait::until_true(wait::PATIENCE, "the tool runs", || process.exists());
    // Meanwhile nobody else may use the home.
    let second = scene.feed(&["token"], "x\n").expect(1);
    assert!(second.stderr.contains("another remo-login is at work"), "{second:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read(scene.home().unwrap().join("deep/left")).unwrap(), b"tripwire-left\n");
    // The tool does not outlive the login that started it, although nobody was left to end it.
    let tool = Pid::from_raw(fs::read_to_string(&process).unwrap().trim().parse().unwrap()).unwrap();
    wait::until_true(wait::PATIENCE, "the tool has ended", || test_kill_process(tool).is_err());
    fs::create_dir(scene.homes().join("home")).unwrap();
    let next = scene.feed(&["token"], "x\n").expect(0);
    assert!(next.stderr.contains("wiped what a login that was cut off had left"), "{next:?}");
    scene.expect_nothing_left(&["tripwire-left"]);
}

#[test]
fn a_tool_that_outlived_its_login_does_not_reach_the_home_of_the_next_one() {
    let scene = Scene::new();
    let place = |name: &str| scene.room.path().join(name).display().to_string();
    let (running, go, done) = (place("running"), place("go"), place("done"));
    // In a session of its own, so that it is not ended with the tool that started it.
    let late = scene.tool(
        "late",
        &format!(
            "touch {running}; until test -e {go}; do sleep 0.05; done; printf tripwire-of-one > \"$HOME/token\"; touch {done}"
        ),
    );
    scene.scripted("one", &format!("setsid {} > /dev/null 2>&1 & exec sleep 600", late.display()), VALUE);
    let mut child = scene.command(&["one"]).spawn().unwrap();
    wait::until_true(wait::PATIENCE, "the tool runs", || std::path::Path::new(&running).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let script = format!(
        "touch {go}; until test -e {done}; do sleep 0.05; done; test -e token || printf tripwire-of-two > token"
    );
    scene.scripted("two", &script, VALUE);
    scene.run(&["two"]).expect(0);
    assert_eq!(scene.room.reveal("two"), "tripwire-of-two");
    scene.expect_nothing_left(&["tripwire-of-two"]);
}

#[test]
fn the_tool_sees_a_closed_home_and_an_environment_of_its_own() {
    let scene = Scene::new();
    let seen = scene.room.path().join("seen");
    let script =
        format!("{{ env; pwd; stat -c %a .; echo \"arguments: $*\"; }} > {}; echo x > token", seen.display());
    let more =
        format!("{VALUE}\nhome = {{ TOOL_DIR = \"tool/\" }}\nenvironment = {{ TOOL_MODE = \"quiet\" }}");
    scene.scripted("some", &script, &more);
    let mut command = scene.command(&["some"]);
    command.env("AWS_SECRET_ACCESS_KEY", "tripwire").env("LANG", "C.UTF-8").env("LD_LIBRARY_PATH", "/none");
    assert!(command.status().unwrap().success());
    let seen = fs::read_to_string(seen).unwrap();
    let home = seen.lines().find_map(|line| line.strip_prefix("HOME=")).unwrap().to_owned();
    let name = home.strip_prefix(&format!("{}/home-", scene.homes().display())).unwrap();
    assert_eq!(name.len(), 32, "a name that nobody can foresee: {home}");
    for line in [
        format!("HOME={home}"),
        format!("TMPDIR={home}"),
        format!("TOOL_DIR={home}/tool"),
        home,
        "700".into(),
        "TOOL_MODE=quiet".into(),
        "LANG=C.UTF-8".into(),
        "arguments: ".into(),
    ] {
        assert!(seen.lines().any(|seen| seen == line), "{line} is not in:\n{seen}");
    }
    let known = ["HOME", "TMPDIR", "TOOL_DIR", "TOOL_MODE", "LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "_"];
    for variable in seen.lines().filter_map(|line| line.split_once('=')) {
        assert!(known.contains(&variable.0), "{variable:?} reached the tool");
    }
}
