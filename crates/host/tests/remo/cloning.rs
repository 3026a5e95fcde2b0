//! Cloning repositories that want to run something on the host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::{Stage, script};

/// Runs git to prepare a repository.
fn git(folder: &Path, words: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A bare repository that has `files`, outside of the projects root.
fn repository(stage: &Stage, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let work = stage.directory.path().join(format!("work-{name}"));
    fs::create_dir(&work).unwrap();
    git(&work, &["init", "--quiet"]);
    for (file, text) in files {
        fs::write(work.join(file), text).unwrap();
    }
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "all"]);
    let bare = stage.directory.path().join(format!("{name}.git"));
    git(
        stage.directory.path(),
        &["clone", "--quiet", "--bare", work.to_str().unwrap(), bare.to_str().unwrap()],
    );
    bare
}

#[test]
fn a_repository_becomes_a_project_that_nobody_approved() {
    let stage = Stage::new();
    let bare = repository(&stage, "project-a", &[("readme", "hello")]);
    let ended = stage.remo(&["clone", bare.to_str().unwrap()]).expect(0, "remo up project-a");
    assert_eq!(ended.out.trim(), stage.project("project-a").to_str().unwrap());
    assert_eq!(fs::read_to_string(stage.project("project-a").join("readme")).unwrap(), "hello");
    stage.remo(&["shell", "-p", "project-a", "--exec", "true"]).expect(1, "nobody approved");
    stage.remo(&["clone", bare.to_str().unwrap()]).expect(1, "there is something at");
    stage.remo(&["clone", bare.to_str().unwrap(), "other"]).expect(0, "");
    stage.remo(&["clone", bare.to_str().unwrap(), "../x"]).expect(2, "cannot be the project's name");
    stage.remo(&["clone", "/nowhere/x.git"]).expect(1, "was not cloned");
    let hidden: Vec<_> = fs::read_dir(stage.directory.projects_root())
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn nothing_that_the_repository_or_an_old_configuration_names_is_run() {
    let stage = Stage::new();
    let ran = stage.directory.path().join("ran");
    let tool = stage.home().join("tool");
    script(&tool, &format!("echo \"$0 $*\" >> {}; cat", ran.display()));
    // What a person's own configuration makes of attributes that a repository brings.
    let templates = stage.home().join("templates");
    script(&templates.join("hooks/post-checkout"), &format!("touch {}", ran.display()));
    fs::write(
        stage.home().join(".gitconfig"),
        format!(
            "[filter \"lfs\"]\nsmudge = {tool}\nprocess = {tool}\nrequired = true\n[core]\nfsmonitor = {tool}\n\
             hooksPath = {hooks}\n[init]\ntemplateDir = {templates}\n[submodule]\nrecurse = true\n\
             [protocol \"ext\"]\nallow = always\n",
            tool = tool.display(),
            hooks = templates.join("hooks").display(),
            templates = templates.display()
        ),
    )
    .unwrap();
    let module = format!("[submodule \"m\"]\npath = m\nurl = ext::sh -c touch% {}\n", ran.display());
    let bare = repository(
        &stage,
        "hostile",
        &[(".gitattributes", "* filter=lfs\n"), (".gitmodules", &module), ("file", "content")],
    );
    script(&bare.join("hooks/post-checkout"), &format!("touch {}", ran.display()));
    stage.remo(&["clone", bare.to_str().unwrap()]).expect(0, "");
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap_or_default());
    assert_eq!(fs::read_to_string(stage.project("hostile").join("file")).unwrap(), "content");
    let address = format!("ext::sh -c touch% {}", ran.display());
    stage.remo(&["clone", "--", &address, "x"]).expect(2, "is no address");
    stage.remo(&["clone", "--", "--upload-pack=touch", "x"]).expect(2, "is no address");
    assert!(!ran.exists());
}

#[test]
fn git_is_not_run_in_a_project_of_this_host() {
    let stage = Stage::new();
    let bare = repository(&stage, "project-a", &[("readme", "hello")]);
    stage.remo(&["clone", bare.to_str().unwrap()]).expect(0, "");
    let inside = stage.project("project-a");
    stage.remo(&["clone", inside.to_str().unwrap(), "b"]).expect(2, "git would run in it");
    let link = stage.directory.path().join("link");
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    stage.remo(&["clone", link.to_str().unwrap(), "b"]).expect(2, "git would run in it");
    assert!(!stage.project("b").exists());
}

#[test]
fn a_git_that_a_container_could_write_is_not_run() {
    let stage = Stage::new();
    let bare = repository(&stage, "project-a", &[("readme", "hello")]);
    let planted = stage.project("evil").join("bin");
    let ran = stage.directory.path().join("ran");
    script(&planted.join("git"), &format!("touch {}", ran.display()));
    let mut path = planted.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = stage.command(&crate::stage::remo(), &["clone", bare.to_str().unwrap()]);
    crate::stage::ended(command.env("PATH", path)).expect(0, "");
    assert!(!ran.exists());
}
