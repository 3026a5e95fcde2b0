//! `cargo xtask try --containers`, as a user runs it: the built program in a pipe, with everything real.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p xtask --test try_containers` writes `docs/try-containers.txt` anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests call is test code too, which clippy.toml exempts only in the tests themselves"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

#[path = "../try_out/skeleton.rs"]
mod skeleton;

/// The most columns that a line may have.
const WIDTH: usize = 100;

/// Where engines keep everything.
const ENGINES: &str = "/var/lib/remo-testbed";

/// The try-out with its output in pipes; `None` after `test` was reported as skipped.
fn started(test: &str, arguments: &[&str]) -> Option<Child> {
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {test}: only root of a Debian system may install and start a container engine"
        );
        return None;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["try", "--containers"]).args(arguments);
    // `cargo xtask test` has built everything before it starts a test.
    if std::env::var_os("REMO_TESTS_ARE_BUILT").is_some_and(|value| value == "1") {
        let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
        command.arg("--programs").arg(programs);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    Some(command.spawn().unwrap())
}

/// Reads the story up to a line that contains `text`, and what it said until then.
fn read_up_to(child: &mut Child, text: &str) -> (BufReader<std::process::ChildStdout>, String) {
    let mut story = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    loop {
        let before = said.len();
        assert_ne!(story.read_line(&mut said).unwrap(), 0, "the story ended before it said {text:?}: {said}");
        if said[before..].contains(text) {
            return (story, said);
        }
    }
}

/// The private directory of a story.
fn place(told: &str) -> PathBuf {
    let legend = told.lines().find_map(|line| line.trim_start().strip_prefix("$TRY ")).unwrap();
    legend.trim_start().split_once(':').unwrap().0.into()
}

/// Neither a file nor a process knows the place any more, nor is an engine left that was started from it.
#[track_caller]
fn nothing_is_left(place: &Path) {
    assert!(!place.exists(), "{} is left behind", place.display());
    let needle = place.to_str().unwrap();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        for part in ["cmdline", "environ", "mountinfo"] {
            let text = std::fs::read(entry.path().join(part)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(needle), "left behind: {} {part}", entry.path().display());
        }
    }
    for entry in std::fs::read_dir(ENGINES).into_iter().flatten().flatten() {
        let log = std::fs::read_to_string(entry.path().join("log")).unwrap_or_default();
        assert!(!log.contains(needle), "left behind: {}", entry.path().display());
    }
}

#[test]
fn the_tour_in_containers_tells_its_committed_story_and_leaves_nothing() {
    let Some(child) = started("the_tour_in_containers_tells_its_committed_story_and_leaves_nothing", &[])
    else {
        return;
    };
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains('\x1b'), "a pipe gets no colours");
    for line in told.lines() {
        assert!(line.chars().count() <= WIDTH, "too wide: {line}");
    }
    nothing_is_left(&place(&told));
    skeleton::is_told_by(&told, "docs/try-containers.txt");
}

/// Each command of the guide was typed in the story.
#[test]
fn the_guide_of_a_first_project_shows_what_the_tour_types() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let blanks = |text: &str| text.split_whitespace().collect::<String>();
    let told = blanks(&std::fs::read_to_string(top.join("docs/try-containers.txt")).unwrap());
    let guide = std::fs::read_to_string(top.join("docs/guides/first-project.md")).unwrap();
    let typed: Vec<&str> = guide
        .lines()
        .filter(|line| ["host$ ", "vault$ ", "web$ "].iter().any(|side| line.starts_with(side)))
        .collect();
    assert!(typed.len() > 8, "{typed:?}");
    for line in typed {
        assert!(told.contains(&blanks(line)), "not in the story: {line}");
    }
}

#[test]
fn ctrl_c_while_a_container_is_made_ends_everything() {
    let Some(mut child) = started("ctrl_c_while_a_container_is_made_ends_everything", &[]) else { return };
    let (mut story, said) = read_up_to(&mut child, "host$ remo up api");
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(process, Signal::INT).unwrap();
    story.read_to_string(&mut String::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    nothing_is_left(&place(&said));
}
