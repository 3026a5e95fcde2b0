//! The Debian packages as a distribution would judge them. What they do on a host is in `tests/instance`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod debian;
mod files;
mod pages;
mod same_bytes;

use std::path::{Path, PathBuf};
use std::process::Command;

use remo_testkit::skip;

/// The packages, in the order of their files.
const NAMES: [&str; 4] = ["remo", "remo-broker", "remo-secrets-feature", "remo-vault-image"];

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a test has to be skipped, because there is no `program` here.
fn is_missing(test: &str, program: &str) -> bool {
    let missing = !Path::new("/usr/bin").join(program).is_file();
    if missing {
        skip::skipped(test, &format!("there is no {program}"));
    }
    missing
}

/// The made packages, or nothing where Debian's tools are missing.
fn packaged(test: &str) -> Option<&'static Path> {
    let missing = ["dpkg-buildpackage", "dh"].iter().any(|program| is_missing(test, program));
    (!missing).then(remo_testbed::packages::packaged)
}

/// The file of a package in `folder`.
fn file(folder: &Path, name: &str) -> PathBuf {
    let found = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}_")))
    });
    found.unwrap_or_else(|| panic!("no package {name} in {}", folder.display()))
}

/// Runs a program that has to succeed; what it wrote to both outputs.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}
