//! The unit that keeps the watcher running, as systemd reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use remo_testkit::{PrivateDirectory, skip};

use crate::room::BINARY;

const UNIT: &str = "packaging/systemd/remo-vault-watcher.service";

/// Settings of systemd 254, which an older one ignores and says so.
const NEWER: [&str; 2] = ["RestartSteps", "RestartMaxDelaySec"];

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let directory = PrivateDirectory::new();
    let unit = directory.path().join("remo-vault-watcher.service");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(UNIT)).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/remo-vault watch\n") && text.contains("Restart=always\n"));
    let text = text.replace("/usr/bin/remo-vault", BINARY);
    // The lines that systemd says about this unit; a runtime folder is there for the user's instance.
    let verify = |text: &str| {
        fs::write(&unit, text).unwrap();
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--user", "--man=no"]).arg(&unit).env("XDG_RUNTIME_DIR", directory.path());
        let output = command.output().ok()?;
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let ours = said.lines().filter(|line| line.contains("remo-vault-watcher"));
        let ours = ours.filter(|line| !NEWER.iter().any(|name| line.contains(name)));
        Some((output.status.success(), ours.collect::<Vec<_>>().join("\n"), said))
    };
    let Some((well, ours, said)) = verify(&text) else {
        return skip::skipped("watch_unit", "there is no systemd-analyze");
    };
    assert!(well && ours.is_empty(), "{said}");
    // The check is one that can fail.
    let (_, ours, said) = verify(&text.replace("RestrictRealtime", "RestrictRaeltime")).unwrap();
    assert!(ours.contains("RestrictRaeltime"), "{said}");
}
