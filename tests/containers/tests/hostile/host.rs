//! Waiting for a command that a person runs on the host.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use remo_testkit::Project;

use crate::attack::{Outcome, attacks, outcome};
use crate::clone::git;
use crate::world::World;

attacks! {
    plants_a_git_configuration, Repository,
        "core.fsmonitor, core.sshCommand, hooks and aliases in .git/config, for status, doctor, up, trust, shell, menu, delete";
    takes_its_configuration_away, Root, "moves .devcontainer away, for the next command to run on the host";
}

/// Makes `project` a repository whose configuration runs a program wherever git obeys it.
fn plant(project: &Path, program: &Path) {
    git(project, &["init", "--quiet"]);
    let program = program.display().to_string();
    for key in
        ["core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "alias.status"]
    {
        let value = if key.starts_with("alias") { format!("!{program}") } else { program.clone() };
        git(project, &["config", key, &value]);
    }
    for hook in
        ["post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman", "reference-transaction"]
    {
        fs::copy(&program, project.join(".git/hooks").join(hook)).unwrap();
    }
    git_with_nothing(project);
}

/// What `git init` itself may have set off is not counted.
fn git_with_nothing(project: &Path) {
    assert!(project.join(".git/config").is_file());
}

fn plants_a_git_configuration(world: &World) -> Outcome {
    let canary = world.instance.file("git-ran");
    let program = world.instance.file("trap");
    fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >>{}\n", canary.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let doomed = Project::without_manifest(&world.instance.stage.directory, "doomed");
    for project in [&world.attacker, &doomed] {
        plant(project.path(), &program);
    }
    let _ = fs::remove_file(&canary);
    let attacker = world.attacker.path().to_str().unwrap();
    for words in [
        &["status"][..],
        &["status", "--json"],
        &["doctor"],
        &["up", "attacker"],
        &["trust", "attacker", "--yes"],
        &["shell", "-p", "attacker", "--exec", "true"],
        &["shell"],
        &["clone", attacker, "copied"],
        &["trust", "doomed", "--host"],
        &["delete", "doomed", "--yes", "doomed"],
    ] {
        let ended = world.instance.remo(words);
        assert!(
            !canary.exists(),
            "{words:?} ran {}: {ended:?}",
            fs::read_to_string(&canary).unwrap_or_default()
        );
    }
    for name in ["project-menu", "project-launch"] {
        let mut command = world.instance.command(name);
        if name == "project-launch" {
            command.args(["--project", "attacker", "--exec", "true"]);
        }
        let _ = remo_testbed::run_within(remo_testkit::wait::PATIENCE, &mut command);
        assert!(!canary.exists(), "{name} ran {}", fs::read_to_string(&canary).unwrap_or_default());
    }
    assert!(!doomed.path().exists(), "it was to be deleted");
    // The trap is one: git, which a person runs there, obeys it.
    let _ = Command::new("git").arg("status").current_dir(world.attacker.path()).output().unwrap();
    assert!(canary.exists(), "git obeys nothing of this; the attack is none");
    fs::remove_dir_all(world.attacker.path().join(".git")).unwrap();
    outcome("nothing ran: no command starts git there (git itself, run there by hand, does obey)", "")
}

fn takes_its_configuration_away(world: &World) -> Outcome {
    let canary = world.instance.file("escaped");
    let container = world.container("attacker");
    let away = "cd /workspaces/attacker && mv .devcontainer .away && echo AWAY";
    assert!(world.root(&container, away).stdout.contains("AWAY"));
    let touch = format!("touch {}", canary.display());
    let mut record = String::new();
    for words in [
        &["shell", "-p", "attacker", "--exec", &touch][..],
        &["shell", "-p", "attacker", "--detach", "--exec", &touch],
        &["up", "attacker", "--yes"],
        &["trust", "attacker", "--host"],
    ] {
        let ended = world.instance.remo(words);
        assert_ne!(ended.code(), Some(0), "{words:?}: {ended:?}");
        if words[0] == "shell" {
            record = world.line(&ended.stderr, "its dev container configuration has gone");
        }
    }
    let mut launch = world.instance.command("project-launch");
    launch.args(["--project", "attacker", "--exec", &touch]);
    let ended = remo_testbed::run_within(remo_testkit::wait::PATIENCE, &mut launch);
    assert_ne!(ended.code(), Some(0), "{ended:?}");
    assert!(!canary.exists(), "a command ran on the host");
    let _ = world.root(&container, "cd /workspaces/attacker && mv .away .devcontainer");
    let _ = world.user("attacker", "true").succeeded();
    outcome("nothing runs on the host", record)
}
