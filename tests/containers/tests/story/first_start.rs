//! The picker and a first start on a real terminal, held against what the guides show of them.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p remo-containers --test story first_start` writes the captures anew.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use remo_containers::{Instance, USUAL};
use remo_testkit::{Terminal, wait};

/// Columns and rows.
const SIZE: (u16, u16) = (100, 24);

/// Building the image is part of a first start.
const LIMIT: std::time::Duration = std::time::Duration::from_mins(8);

#[test]
fn the_picker_and_a_first_start_look_as_the_guides_show_them() {
    let name = "the_picker_and_a_first_start_look_as_the_guides_show_them";
    if Terminal::is_missing(name) {
        return;
    }
    let Some(instance) = Instance::start(name) else { return };
    // Another owner than the containers' user: that is recorded at the first start.
    instance.project("project-a", USUAL);
    fs::create_dir(instance.stage.directory.projects_root().join("notes")).unwrap();
    let menu = instance.file("bin/project-menu");
    let remo = instance.command("remo");
    let environment: Vec<(OsString, OsString)> =
        remo.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    let terminal = Terminal::start(SIZE, &environment, menu.as_os_str(), &[] as &[&str]);
    let picker = terminal.wait_for("< leave");
    is_shown("remo-menu", &picker);

    terminal.write("project-a");
    terminal.wait_without("notes");
    terminal.press(&["Enter"]);
    terminal.wait_for("Approve exactly this for project-a? [y/N]");
    // What is typed ahead of the question counts for nothing.
    terminal.press(&["y", "Enter"]);
    wait::until_true(LIMIT, "a prompt in the container", || {
        let screen = terminal.scrollback();
        let ended = terminal.ended();
        assert_eq!(ended, None, "{screen}");
        screen.contains("/workspaces/project-a$")
    });
    terminal.write("echo $REMO_PROJECT has a token of ${#GH_TOKEN} characters\n");
    terminal.wait_for("has a token of");
    let expected = format!("project-a has a token of {} characters", instance.stage.token.len());
    terminal.wait_for(&expected);
    is_shown("remo-first-start", terminal.scrollback().trim_start());
    assert!(!terminal.scrollback().contains(&instance.stage.token));
}

/// Holds a screen against a capture of this name.
#[track_caller]
fn is_shown(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/captures/{name}.txt"));
    let shown: String = screen.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert_eq!(lasting(&committed), lasting(&shown), "{name}.txt; now it is:\n{shown}");
}

/// Without what differs from run to run: the container's name, and every number.
fn lasting(text: &str) -> String {
    let mut lasting = String::new();
    for word in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let name = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            lasting.push('*');
            lasting.push_str(&word[name.len()..]);
        } else {
            let number = name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
            lasting.push_str(if number { "0" } else { name });
            lasting.push_str(&word[name.len()..]);
        }
    }
    lasting
}
