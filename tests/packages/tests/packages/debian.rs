//! What Debian's own checker says.

use std::process::Command;

use crate::{NAMES, file, is_missing, packaged, run};

#[test]
fn lintian_has_nothing_to_say_but_what_is_overridden_with_a_reason() {
    let test = "debian::lintian_has_nothing_to_say_but_what_is_overridden_with_a_reason";
    if is_missing(test, "lintian") {
        return;
    }
    let Some(folder) = packaged(test) else { return };
    let files = NAMES.map(|name| file(folder, name));
    let mut lintian = Command::new("lintian");
    lintian
        .args(["--allow-root", "--no-cfg", "--fail-on=error,warning", "--display-level=>=warning"])
        .args(&files);
    let said = run(&mut lintian);
    assert!(!said.lines().any(|line| line.starts_with("E:") || line.starts_with("W:")), "{said}");
}

#[test]
fn every_package_says_what_it_needs() {
    let Some(folder) = packaged("debian::every_package_says_what_it_needs") else { return };
    let field = |name: &str, field: &str| {
        run(Command::new("dpkg-deb").arg("--field").arg(file(folder, name)).arg(field)).trim().to_owned()
    };
    for name in NAMES {
        assert_eq!(field(name, "Version"), env!("CARGO_PKG_VERSION"));
        assert!(!field(name, "Description").is_empty());
    }
    assert!(field("remo-broker", "Depends").contains("systemd (>= 250)"));
    let depends = field("remo", "Depends");
    let same = format!("remo-broker (= {})", env!("CARGO_PKG_VERSION"));
    for needed in [same.as_str(), "docker.io | docker-ce", "nftables", "systemd (>= 250)", "libc6 ("] {
        assert!(depends.contains(needed), "{needed}: {depends}");
    }
    assert_eq!(field("remo-secrets-feature", "Depends"), "", "static programs and text need nothing");
}
