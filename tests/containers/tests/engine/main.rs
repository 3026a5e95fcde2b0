//! The engine of the test bed itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use remo_testbed::Engine;
use remo_testbed::images::Image;
use remo_testkit::{skip, wait};

/// Names the folder that [`a_program_that_is_killed`] works with; without it, that is no test.
const FOLDER: &str = "REMO_TESTBED_FOLDER_OF_THE_KILLED";

/// What takes the whole machine a while.
const PATIENCE: Duration = Duration::from_mins(3);

#[test]
fn an_engine_ends_with_its_test_program_and_leaves_nothing() {
    let name = "engine::an_engine_ends_with_its_test_program_and_leaves_nothing";
    if let Err(reason) = remo_testbed::bootstrap::ready() {
        skip::skipped(name, &reason);
        return;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_program_that_is_killed"])
        .env(FOLDER, &folder)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let told = wait::until(PATIENCE, "an engine with a container", || {
        assert!(program.try_wait().unwrap().is_none(), "the program ended");
        fs::read_to_string(folder.join("ready")).ok()
    });
    let (socket, process) = told.trim().split_once(' ').unwrap();
    let container = Path::new("/proc").join(process);
    let data = Path::new(socket).parent().unwrap().to_owned();
    assert!(container.exists() && data.join("data").exists());

    program.kill().unwrap();
    program.wait().unwrap();
    wait::until_true(PATIENCE, "the end of the container", || !container.exists());
    wait::until_true(PATIENCE, "the end of the engine", || {
        std::os::unix::net::UnixStream::connect(socket).is_err()
    });

    // The next engine takes away what lies on the disk, and works beside others.
    let one = Engine::start(&folder).unwrap();
    let other = Engine::start(&folder).unwrap();
    wait::until_true(PATIENCE, "the end of what lay on the disk", || !data.exists());
    for engine in [&one, &other] {
        engine.import(Image::Busybox);
        assert_eq!(engine.docker(&["run", "--rm", Image::Busybox.name(), "echo", "ran"]), "ran\n");
    }
    let left = one.socket().parent().unwrap().to_owned();
    drop(one);
    assert!(!left.exists());
    assert!(other.docker(&["ps"]).contains("CONTAINER"));
    fs::remove_dir_all(folder).unwrap();
}

/// Runs as a program of its own, which is killed while a container runs.
#[test]
fn a_program_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let engine = Engine::start(&folder).unwrap();
    engine.import(Image::Busybox);
    let container = engine.docker(&["run", "--detach", Image::Busybox.name(), "sleep", "100000"]);
    // The number is one of the engine's namespace; the process is looked for from outside.
    let marker = container.trim().to_owned();
    let process = wait::until(PATIENCE, "the process of the container", || process_of(&marker));
    let mut ready = fs::File::create(folder.join("new")).unwrap();
    writeln!(ready, "{} {process}", engine.socket().display()).unwrap();
    fs::rename(folder.join("new"), folder.join("ready")).unwrap();
    wait::holds(PATIENCE, "waiting to be killed", || engine.socket().exists());
}

/// The process whose control group names the container and that sleeps.
fn process_of(container: &str) -> Option<String> {
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let number = entry.file_name().into_string().ok()?;
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        (read("cgroup").contains(container) && read("cmdline").starts_with("sleep")).then_some(number)
    })
}
