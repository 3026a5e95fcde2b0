//! The units as systemd reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use remo_testkit::{PrivateDirectory, skip};

use crate::support::binary;

const UNITS: [&str; 2] = ["remo-broker.socket", "remo-broker.service"];

/// What `systemd-analyze security` counts against the service, as Debian 12 (systemd 252) prints it. Written with
/// `REMO_UPDATE_SNAPSHOTS=1`.
const GOLDEN: &str = "packaging/systemd/remo-broker.security.txt";

/// The most of it, of 100.
const EXPOSURE_MAX: &str = "15";

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The units with the binary under test in them, and the projects root of this drop-in.
fn installed(directory: &PrivateDirectory) -> [PathBuf; 2] {
    let root = directory.projects_root();
    let drop_in = fs::read_to_string(workspace("packaging/systemd/projects-root.conf")).unwrap();
    let folder = directory.path().join("remo-broker.service.d");
    fs::create_dir_all(&folder).unwrap();
    let drop_in = drop_in.replace("@PROJECTS_ROOT@", root.to_str().unwrap());
    fs::write(folder.join("projects-root.conf"), drop_in).unwrap();
    UNITS.map(|unit| {
        let text = fs::read_to_string(workspace("packaging/systemd").join(unit)).unwrap();
        let path = directory.path().join(unit);
        fs::write(&path, text.replace("/usr/bin/remo-broker", binary().to_str().unwrap())).unwrap();
        path
    })
}

fn analyze(name: &str, arguments: &[&str], units: &[PathBuf]) -> Option<(bool, String)> {
    let Ok(output) = Command::new("systemd-analyze").args(arguments).args(units).output() else {
        skip::skipped(name, "there is no systemd-analyze");
        return None;
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(said).unwrap()))
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let directory = PrivateDirectory::new();
    let units = installed(&directory);
    let name = "unit::systemd_finds_nothing_wrong_with_the_units";
    let Some((well, said)) = analyze(name, &["verify", "--man=no"], &units) else { return };
    assert!(well && !said.contains("remo-broker"), "{said}");
    // The check is one that can fail, in the drop-in too.
    let drop_in = directory.path().join("remo-broker.service.d/projects-root.conf");
    fs::write(&drop_in, fs::read_to_string(&drop_in).unwrap().replace("BindRead", "BindRaed")).unwrap();
    let (_, said) = analyze(name, &["verify", "--man=no"], &units).unwrap();
    assert!(said.contains("BindRaed"), "{said}");
}

#[test]
fn what_the_service_could_still_do_is_what_is_written_down() {
    let directory = PrivateDirectory::new();
    let [_, service] = installed(&directory);
    let name = "unit::what_the_service_could_still_do_is_what_is_written_down";
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let arguments = ["security", "--no-pager", "--offline=yes", threshold.as_str()];
    let Some((well, said)) = analyze(name, &arguments, &[service]) else { return };
    assert!(well, "{said}");
    let against: String = said
        .lines()
        .filter(|line| line.contains('\u{2717}') || line.contains("Overall"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    let golden = workspace(GOLDEN);
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&golden, &against).unwrap();
    }
    assert_eq!(against, fs::read_to_string(&golden).unwrap(), "{GOLDEN} says something else");
}

/// T282: settings that would break what identity and audit rest on.
#[test]
fn peers_keep_their_numbers_and_their_control_groups() {
    let text = fs::read_to_string(workspace("packaging/systemd/remo-broker.service")).unwrap();
    for setting in ["PrivateUsers=", "ProtectProc=", "ProcSubset=", "DynamicUser="] {
        assert!(!text.lines().any(|line| line.starts_with(setting)), "{setting}");
    }
    for line in [
        "Type=notify",
        "User=remo-broker",
        "Group=remo-vault",
        "RuntimeDirectoryPreserve=yes",
        "StartLimitIntervalSec=0",
        "Restart=always",
        "LimitCORE=0",
        "MemorySwapMax=0",
        "Before=docker.service",
        "ProtectHome=tmpfs",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
}
