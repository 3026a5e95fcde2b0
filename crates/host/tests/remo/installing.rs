//! Setting up a directory that will be a host's root, and the links of an account. A host that runs is set up in the
//! tests of whole instances.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use remo_testkit::skip;
use serde_json::Value;

use crate::stage::{Ended, Stage, remo, script};

/// Every file and link below `top`: its mode, and its content or where it leads.
fn tree(top: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                waiting.push(path);
                continue;
            }
            let told = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else {
                let mode = fs::metadata(&path).unwrap().permissions().mode();
                format!("{mode:o} {}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
            };
            found.insert(path.strip_prefix(top).unwrap().to_owned(), told);
        }
    }
    found
}

/// What is packaged, as far as a set-up needs it.
fn release(place: &Path) -> PathBuf {
    let release = place.join("release");
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    for (from, to) in [
        ("systemd/remo-broker.socket", "lib/systemd/system/remo-broker.socket"),
        ("systemd/remo-broker.service", "lib/systemd/system/remo-broker.service"),
        ("systemd/remo-vault-key.service", "lib/systemd/system/remo-vault-key.service"),
        ("systemd/remo-network.service", "lib/systemd/system/remo-network.service"),
        ("systemd/projects-root.conf", "usr/share/remo-broker/projects-root.conf"),
        ("sysusers.d/remo-broker.conf", "usr/lib/sysusers.d/remo-broker.conf"),
        ("tmpfiles.d/remo-broker.conf", "usr/lib/tmpfiles.d/remo-broker.conf"),
    ] {
        let to = release.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(packaging.join(from), to).unwrap();
    }
    script(&release.join("usr/bin/remo-broker"), "exit 1");
    fs::create_dir_all(release.join("etc/remo-broker")).unwrap();
    fs::write(release.join("etc/remo-broker/config.toml"), "").unwrap();
    release
}

/// A host with one account.
fn root(place: &Path) -> PathBuf {
    let root = place.join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/bash\n")
        .unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\ndev:x:1000:\n").unwrap();
    for (name, text) in [("shadow", "root:*:1:0:99999:7:::\n"), ("gshadow", "root:*::\n")] {
        fs::write(root.join("etc").join(name), text).unwrap();
    }
    root
}

fn changes(ended: Ended) -> Vec<String> {
    let ended = ended.expect(0, "changes");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    report["changes"].as_array().unwrap().iter().map(|change| change.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_root_is_set_up_once_and_taken_back_without_a_trace() {
    if !rustix::process::geteuid().is_root() {
        skip::skipped("a_root_is_set_up_once_and_taken_back_without_a_trace", "only root may install");
        return;
    }
    let stage = Stage::new();
    let place = stage.directory.path().to_owned();
    let (root, release) = (root(&place), release(&place));
    let before = tree(&root);
    let (at, from) = (root.to_str().unwrap(), release.to_str().unwrap());
    let install = |further: &[&str]| {
        let words = ["install", "--user", "dev", "--root", at, "--from", from, "--json"];
        stage.remo(&[&words[..], further].concat())
    };
    assert!(changes(install(&["--dry-run"])).len() > 8);
    assert_eq!(tree(&root), before, "a dry run changes nothing");

    let made = changes(install(&["--projects-root", "/srv/dev projects"]));
    for word in ["remo-broker.socket", "remo-vault-key.service", "add dev to the group remo-vault"] {
        assert!(made.iter().any(|change| change.contains(word)), "{word} in {made:#?}");
    }
    let after = tree(&root);
    let setting = &after[Path::new("etc/systemd/system/remo-broker.service.d/projects-root.conf")];
    assert!(setting.contains("BindReadOnlyPaths=\"/srv/dev projects\""), "{setting}");
    assert!(!setting.contains("@PROJECTS_ROOT@"), "{setting}");
    assert_eq!(after[Path::new("etc/remo/projects-root")], "100644 /srv/dev projects\n");
    assert!(after[Path::new("etc/passwd")].contains("remo-broker:x:"));
    let group = &after[Path::new("etc/group")];
    assert!(group.lines().any(|line| line.starts_with("remo-vault:") && line.ends_with(":dev")), "{group}");
    assert!(after.contains_key(Path::new("etc/systemd/system/sockets.target.wants/remo-broker.socket")));

    assert_eq!(changes(install(&["--projects-root", "/srv/dev projects"])), Vec::<String>::new());
    let moved = changes(install(&[]));
    assert_eq!(moved.len(), 2, "the setting, and the note that is not needed any more: {moved:#?}");

    let uninstall = |further: &[&str]| {
        let words = ["uninstall", "--user", "dev", "--root", at, "--json"];
        stage.remo(&[&words[..], further].concat())
    };
    uninstall(&[]).expect(2, "hint: see it: --dry-run; agree: --yes");
    assert!(!changes(uninstall(&["--yes"])).is_empty());
    let left: Vec<PathBuf> = tree(&root)
        .into_keys()
        .filter(|path| !before.contains_key(path))
        .filter(|path| !is_of_users(path))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

/// Files of users and groups, which other programs keep with copies beside them.
fn is_of_users(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    ["passwd", "group", "shadow", "gshadow", ".pwd.lock"].iter().any(|own| name.trim_end_matches('-') == *own)
        || name == ".updated"
}

#[test]
fn links_are_the_accounts_own_and_keep_what_was_in_their_place() {
    let stage = Stage::new();
    let home = stage.home();
    let bin = home.join(".local/bin");
    script(&bin.join("project-launch"), "echo of an earlier laptop");
    fs::write(home.join(".profile"), "export MINE=1\n").unwrap();
    let linked = changes(stage.remo(&["install", "--links-only", "--json", "--no-menu"]));
    assert!(linked.iter().any(|change| change.starts_with("rename ")), "{linked:#?}");
    assert_eq!(fs::read_link(bin.join("project-launch")).unwrap(), Path::new("/usr/bin/project-launch"));
    assert_eq!(fs::read_link(bin.join("remo")).unwrap(), Path::new("/usr/bin/remo"));
    let again = changes(stage.remo(&["install", "--links-only", "--json", "--no-menu"]));
    assert_eq!(again, Vec::<String>::new());
    assert_eq!(fs::read_to_string(home.join(".profile")).unwrap(), "export MINE=1\n");

    // A link of the person's own to something else is not ours to take away.
    fs::remove_file(bin.join("remo")).unwrap();
    symlink("/opt/other/remo", bin.join("remo")).unwrap();
    changes(stage.remo(&["uninstall", "--links-only", "--json"]));
    assert!(fs::read_to_string(bin.join("project-launch")).unwrap().contains("an earlier laptop"));
    assert_eq!(fs::read_link(bin.join("remo")).unwrap(), Path::new("/opt/other/remo"));
    assert!(!bin.join("project-menu").exists());
}

#[test]
fn a_set_up_that_cannot_work_says_what_to_do() {
    let stage = Stage::new();
    if !rustix::process::geteuid().is_root() {
        stage.remo(&["install", "--user", "dev"]).expect(1, "sudo remo install");
        return;
    }
    let root = root(stage.directory.path());
    let at = root.to_str().unwrap();
    stage.remo(&["install", "--root", at]).expect(2, "--user NAME");
    stage.remo(&["install", "--root", at, "--user", "nobody-here"]).expect(1, "no account nobody-here");
    stage.remo(&["install", "--root", at, "--user", "dev"]).expect(1, "no unpacked release");
    stage
        .remo(&["install", "--root", at, "--user", "dev", "--projects-root", "/home"])
        .expect(2, "holds the home of dev");
    assert!(remo().exists());
}
