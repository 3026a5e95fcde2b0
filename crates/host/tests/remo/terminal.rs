//! The picker and questions in a real terminal.

use std::ffi::OsStr;
use std::fs;

use remo_testkit::Terminal;
use remo_testkit::{Project, wait};

use crate::stage::{Stage, remo};

const SIZE: (u16, u16) = (100, 24);

fn start(stage: &Stage, name: &str, words: &[&str]) -> Terminal {
    let link = stage.directory.path().join(name);
    if !link.exists() {
        std::os::unix::fs::symlink(remo(), &link).unwrap();
    }
    Terminal::start(SIZE, &stage.environment(), link.as_os_str(), words)
}

#[test]
fn the_menu_narrows_opens_and_comes_back() {
    if Terminal::is_missing("the_menu_narrows_opens_and_comes_back") {
        return;
    }
    let stage = Stage::new();
    for name in ["alpha", "beta"] {
        fs::create_dir(stage.project(name)).unwrap();
    }
    stage.remo(&["trust", "beta", "--host", "--yes"]).expect(0, "");
    let terminal = start(&stage, "project-menu", &[]);
    let screen = terminal.wait_for("< leave");
    let vault = screen.find("_remo-vault  (managed").expect("the vault");
    assert!(vault < screen.find("alpha").expect("a project"), "{screen}");
    assert!(screen.contains("beta  (on this host)"), "{screen}");
    terminal.write("bet");
    terminal.wait_without("alpha");
    terminal.press(&["Enter"]);
    // A shell on the host, in the project's folder; keys that come before its prompt may still be the picker's.
    terminal.wait_until("a prompt", |screen| screen.trim_end().ends_with(['#', '$']));
    terminal.write("echo in-$REMO_PROJECT > $HOME/proof; exit\n");
    let proof = stage.home().join("proof");
    wait::until_true(wait::PATIENCE, "the command", || {
        fs::read_to_string(&proof).is_ok_and(|text| text == "in-beta\n")
    });
    terminal.wait_for("< leave");
    terminal.write("leave");
    terminal.wait_without("alpha");
    terminal.press(&["Enter"]);
    assert_eq!(terminal.wait_for_end(), 1, "leave");
}

#[test]
fn escape_stays_in_the_shell() {
    if Terminal::is_missing("escape_stays_in_the_shell") {
        return;
    }
    let stage = Stage::new();
    for key in ["Escape", "C-c"] {
        let terminal = start(&stage, "project-menu", &[]);
        terminal.wait_for("< leave");
        terminal.press(&[key]);
        assert_eq!(terminal.wait_for_end(), 0, "{key}");
    }
}

#[test]
fn what_was_typed_ahead_approves_nothing() {
    if Terminal::is_missing("what_was_typed_ahead_approves_nothing") {
        return;
    }
    let stage = Stage::new();
    let project = Project::new(&stage.directory, "a", &["gh"]);
    // Held back until the keys are there.
    let gate = stage.directory.path().join("go");
    let script =
        format!("while [ ! -e {} ]; do sleep 0.05; done; exec {} trust a", gate.display(), remo().display());
    let terminal = Terminal::start(SIZE, &stage.environment(), OsStr::new("/bin/sh"), &["-c", &script]);
    terminal.write("y\ny\n");
    terminal.wait_for("y");
    fs::write(&gate, "").unwrap();
    terminal.wait_for("Approve exactly this for a? [y/N]");
    assert!(terminal.ended().is_none());
    assert!(
        stage.broker.manifest(&project).unwrap().pinned.is_none(),
        "nothing is approved by keys of before"
    );
    terminal.write("n\n");
    assert_eq!(terminal.wait_for_end(), 1);
    assert!(stage.broker.manifest(&project).unwrap().pinned.is_none());
    let terminal = start(&stage, "remo", &["trust", "a"]);
    terminal.wait_for("Approve exactly this for a? [y/N]");
    terminal.write("y\n");
    assert_eq!(terminal.wait_for_end(), 0);
    assert!(stage.broker.manifest(&project).unwrap().pinned.is_some());
}

#[test]
fn a_project_is_cloned_and_deleted_out_of_the_menu() {
    if Terminal::is_missing("a_project_is_cloned_and_deleted_out_of_the_menu") {
        return;
    }
    let stage = Stage::new();
    let bare = stage.directory.path().join("new.git");
    let made =
        std::process::Command::new("git").args(["init", "--quiet", "--bare"]).arg(&bare).status().unwrap();
    assert!(made.success());
    let terminal = start(&stage, "project-menu", &[]);
    terminal.wait_for("< leave");
    terminal.write("clone");
    terminal.wait_without("< leave");
    terminal.press(&["Enter"]);
    terminal.wait_for("Address of the repository:");
    terminal.write(&format!("{}\n", bare.display()));
    terminal.wait_for("- delete a project");
    assert!(stage.project("new").join(".git").exists());
    terminal.write("delete");
    terminal.wait_without("< leave");
    terminal.press(&["Enter"]);
    terminal.wait_until("the list of projects", |screen| {
        !screen.contains("_remo-vault") && screen.contains("new")
    });
    terminal.press(&["Enter"]);
    terminal.wait_for("Type the project's name to go on:");
    terminal.write("new\n");
    terminal.wait_for("< leave");
    assert!(!stage.project("new").exists());
    terminal.press(&["Escape"]);
    assert_eq!(terminal.wait_for_end(), 0);
}
