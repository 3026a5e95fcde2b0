//! The unit that unseals at boot, as systemd reads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use remo_testkit::{PrivateDirectory, skip};

use crate::instance::{Instance, Sealer};
use crate::room::BINARY;

const UNIT: &str = "packaging/systemd/remo-vault-key.service";

/// The most that `systemd-analyze security` may count against it, of 100: what is left is that it is root.
const EXPOSURE_MAX: u32 = 25;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The unit with the binary under test in it, in a folder of its own.
fn unit(directory: &PrivateDirectory) -> PathBuf {
    let text = fs::read_to_string(workspace().join(UNIT)).unwrap();
    let installed = "ExecStart=/usr/bin/remo-vault key unseal";
    assert!(text.contains(installed));
    let path = directory.path().join("remo-vault-key.service");
    fs::write(&path, text.replace("/usr/bin/remo-vault", BINARY)).unwrap();
    path
}

fn analyze(name: &str, arguments: &[&str], unit: &Path) -> Option<(bool, String)> {
    let Ok(output) = Command::new("systemd-analyze").args(arguments).arg(unit).output() else {
        skip::skipped(name, "there is no systemd-analyze");
        return None;
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(said).unwrap()))
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let directory = PrivateDirectory::new();
    let unit = unit(&directory);
    let name = "unit::systemd_finds_nothing_wrong_with_the_unit";
    let Some((well, said)) = analyze(name, &["verify", "--man=no"], &unit) else { return };
    assert!(well, "{said}");
    assert!(!said.contains("remo-vault-key"), "{said}");
    // The check is one that can fail.
    fs::write(&unit, fs::read_to_string(&unit).unwrap().replace("ProtectSystem", "ProtectSytem")).unwrap();
    let (_, said) = analyze(name, &["verify", "--man=no"], &unit).unwrap();
    assert!(said.contains("ProtectSytem"), "{said}");
}

#[test]
fn the_unit_is_hardened_as_far_as_it_goes() {
    let directory = PrivateDirectory::new();
    let name = "unit::the_unit_is_hardened_as_far_as_it_goes";
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let unit = unit(&directory);
    let Some((well, said)) = analyze(name, &["security", "--offline=yes", &threshold], &unit) else { return };
    assert!(well, "{said}");
}

#[test]
fn the_capabilities_of_the_unit_are_enough() {
    let name = "unit::the_capabilities_of_the_unit_are_enough";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let text = fs::read_to_string(workspace().join(UNIT)).unwrap();
    let granted = text.lines().find_map(|line| line.strip_prefix("CapabilityBoundingSet=")).unwrap();
    let granted = granted.replace("CAP_", "+").to_lowercase().replace(' ', ",");
    instance.key(&["ensure", "--owner", "4242:4242"]).expect(0);
    let unseal = |capabilities: &str| {
        let inner = instance.key_command(&["unseal"]);
        let mut command = Command::new("setpriv");
        command.arg(format!("--bounding-set={capabilities}")).arg(inner.get_program()).args(inner.get_args());
        command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.output().unwrap()
    };
    let every_boot = format!("-all,{granted}");
    for _ in 0..2 {
        let unsealed = unseal(&every_boot);
        assert!(unsealed.status.success(), "{}", String::from_utf8_lossy(&unsealed.stderr));
    }
    instance.switch_off();
    assert!(unseal(&every_boot).status.success());
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&fs::metadata(instance.unsealed()).unwrap()), 4242);
    // And it is these that it takes.
    instance.switch_off();
    assert!(!unseal("-all").status.success());
}
