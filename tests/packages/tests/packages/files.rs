//! Which files a package holds, and whose they are.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::{NAMES, file, packaged, root, run};

/// Each file of each package, with mode and owner. Written with `REMO_UPDATE_SNAPSHOTS=1`.
const GOLDEN: &str = "packaging/files.txt";

/// Folders that every system has; listing them says nothing.
fn is_folder(line: &str) -> bool {
    line.starts_with('d')
}

/// Folders of which one line says enough: names there are digests, or follow from the commands.
const MANY: [&str; 3] = ["/blobs/sha256/", "/man/man1/", "/vault-image/man/"];

/// Mode, owner and path of each file of a package.
fn listed(name: &str, folder: &std::path::Path) -> BTreeSet<String> {
    let said = run(Command::new("dpkg-deb").arg("--contents").arg(file(folder, name)));
    said.lines()
        .filter(|line| !is_folder(line))
        .map(|line| {
            let mut words = line.split_whitespace();
            let (mode, owner) = (words.next().unwrap(), words.next().unwrap());
            let path = words.skip(3).collect::<Vec<_>>().join(" ");
            let path = path.trim_start_matches('.');
            let many = MANY.iter().find(|folder| path.contains(**folder));
            let path =
                match many.and_then(|folder| path.split_once(folder).map(|(before, _)| (before, folder))) {
                    Some((before, folder)) => format!("{before}{folder}*"),
                    None => path.to_owned(),
                };
            format!("{name}: {mode} {owner} {path}\n")
        })
        .collect()
}

#[test]
fn a_package_holds_what_is_written_down_and_it_is_roots() {
    let Some(folder) = packaged("files::a_package_holds_what_is_written_down_and_it_is_roots") else {
        return;
    };
    let found: String = NAMES.iter().flat_map(|name| listed(name, folder)).collect();
    let golden = root().join(GOLDEN);
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&golden, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&golden).unwrap(), "{GOLDEN} says something else");
    for line in found.lines() {
        let (mode, rest) = line.split_once(": ").unwrap().1.split_once(' ').unwrap();
        assert!(rest.starts_with("root/root "), "{line}");
        let open = mode.starts_with('l') || !(mode.as_bytes()[5] == b'w' || mode.as_bytes()[8] == b'w');
        assert!(open && !mode.contains('s'), "nobody else writes, nothing runs as its owner: {line}");
    }
}

#[test]
fn what_a_person_may_edit_is_a_conffile_and_nothing_else() {
    let Some(folder) = packaged("files::what_a_person_may_edit_is_a_conffile_and_nothing_else") else {
        return;
    };
    let listed = |name: &str| {
        let mut command = Command::new("dpkg-deb");
        command.arg("--info").arg(file(folder, name)).arg("conffiles");
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(listed("remo-broker"), "/etc/remo-broker/config.toml\n");
    assert_eq!((listed("remo").as_str(), listed("remo-secrets-feature").as_str()), ("", ""));
}

/// A program of the product that tests run, as the packages have it: stripped, and without where it was built.
#[test]
fn programs_are_stripped() {
    let Some(folder) = packaged("files::programs_are_stripped") else { return };
    let out = tempfile::tempdir().unwrap();
    for name in ["remo-broker", "remo"] {
        run(Command::new("dpkg-deb").arg("--extract").arg(file(folder, name)).arg(out.path()));
    }
    for program in ["remo-broker", "remo", "remo-docker", "remo-vault"] {
        let path = out.path().join("usr/bin").join(program);
        let said = run(Command::new("readelf").args(["--sections", "--wide"]).arg(&path));
        assert!(said.contains(".text"), "{said}");
        assert!(!said.contains(".symtab") && !said.contains(".debug_info"), "{program}: {said}");
    }
}
