//! Man pages and completions, out of the packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{NAMES, file, is_missing, packaged, run};

/// The commands that a person on the host types.
const COMMANDS: [&str; 5] = ["remo", "remo-broker", "remo-vault", "project-launch", "project-menu"];

fn unpacked(folder: &Path) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    for name in NAMES {
        run(Command::new("dpkg-deb").arg("--extract").arg(file(folder, name)).arg(out.path()));
    }
    out
}

#[test]
fn every_command_has_a_page_and_every_page_renders() {
    let test = "pages::every_command_has_a_page_and_every_page_renders";
    if is_missing(test, "man") {
        return;
    }
    let Some(folder) = packaged(test) else { return };
    let out = unpacked(folder);
    let pages = out.path().join("usr/share/man/man1");
    for command in COMMANDS {
        assert!(pages.join(format!("{command}.1.gz")).is_file(), "{command}");
    }
    let mut count = 0;
    for page in fs::read_dir(&pages).unwrap().flatten() {
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file", "--encoding=UTF-8"]).arg(page.path());
        let rendered =
            man.env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8").env("MAN_KEEP_STDERR", "1").output().unwrap();
        let (rendering, warnings) =
            (String::from_utf8_lossy(&rendered.stdout), String::from_utf8_lossy(&rendered.stderr));
        assert!(rendered.status.success() && warnings.is_empty(), "{}: {warnings}", page.path().display());
        assert!(rendering.contains("SYNOPSIS"), "{}: {rendering}", page.path().display());
        count += 1;
    }
    assert!(count > COMMANDS.len(), "subcommands have pages of their own");
}

#[test]
fn every_command_is_completed_in_three_shells() {
    let Some(folder) = packaged("pages::every_command_is_completed_in_three_shells") else { return };
    let out = unpacked(folder);
    for command in COMMANDS {
        for path in [
            format!("usr/share/bash-completion/completions/{command}"),
            format!("usr/share/zsh/vendor-completions/_{command}"),
            format!("usr/share/fish/vendor_completions.d/{command}.fish"),
        ] {
            assert!(out.path().join(&path).is_file(), "{path}");
        }
    }
}
