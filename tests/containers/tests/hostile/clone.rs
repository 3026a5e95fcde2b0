//! A hostile repository, freshly cloned.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, manifest};

attacks! {
    brings_everything_with_it, Repository,
        "cloned with a command for the host, hooks, filters, a submodule and a manifest that asks for everything";
}

/// Runs git to make a repository.
pub(crate) fn git(folder: &Path, words: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn brings_everything_with_it(world: &World) -> Outcome {
    let canary = world.instance.file("cloned");
    let touch = format!("touch {}", canary.display());
    let work = world.instance.file("hostile-repository");
    for folder in [".devcontainer", ".remo", "hooks"] {
        fs::create_dir_all(work.join(folder)).unwrap();
    }
    let everything = "[secrets.gh]\n[secrets.aws]\n[secrets.npm]\n[secrets.spare]\n";
    for (file, text) in [
        (
            ".devcontainer/devcontainer.json",
            format!(
                r#"{{"image": "remo-testbed/debian:3", "remoteUser": "dev", "initializeCommand": "{touch}"}}"#
            ),
        ),
        (".remo/manifest.toml", manifest("cloned", everything)),
        (".gitattributes", "* filter=evil\n".to_owned()),
        (
            ".gitmodules",
            format!("[submodule \"m\"]\npath = m\nurl = ext::sh -c touch% {}\n", canary.display()),
        ),
        ("hooks/post-checkout", format!("#!/bin/sh\n{touch}\n")),
    ] {
        fs::write(work.join(file), text).unwrap();
    }
    git(&work, &["init", "--quiet"]);
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "all"]);
    // The repository's own folder, as somebody serves it.
    let served = work.join(".git");
    fs::copy(work.join("hooks/post-checkout"), served.join("hooks/post-checkout")).unwrap();
    fs::set_permissions(served.join("hooks/post-checkout"), fs::Permissions::from_mode(0o755)).unwrap();
    let _ = world.instance.remo(&["clone", served.to_str().unwrap(), "cloned"]).succeeded();
    let mark = world.mark();
    for words in [
        &["up", "cloned"][..],
        &["shell", "-p", "cloned", "--exec", &touch],
        &["trust", "cloned"],
        &["trust", "cloned", "--host"],
    ] {
        let ended = world.instance.remo(words);
        assert_ne!(ended.code(), Some(0), "{words:?}: {ended:?}");
        assert!(!canary.exists(), "{words:?} ran a command on the host");
    }
    world.no_container("cloned");
    let shown = world.instance.remo(&["up", "cloned"]);
    for name in ["gh", "aws", "npm", "spare"] {
        assert!(shown.stderr.contains(name), "the launcher shows {name}: {shown:?}");
    }
    let answer = world.instance.stage.broker.raw("cloned").ask(r#"{"op":"get","name":"gh"}"#);
    assert_eq!(answer["code"], "denied", "{answer}");
    let record = world.record(mark, |line| line["project"] == "cloned" && line["event"] == "fetch");
    let _ = world.instance.remo(&["delete", "cloned", "--yes", "cloned"]).succeeded();
    assert!(!canary.exists(), "a command ran on the host");
    outcome("nothing runs on the host, nothing starts, nothing is vended, all of it is shown", record)
}
