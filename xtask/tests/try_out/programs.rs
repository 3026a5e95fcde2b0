//! The programs under test, and directories in which one of them is replaced.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

const PROGRAMS: [&str; 3] = ["remo-broker", "remo-vault", "remo-fetch-secrets"];

/// What the vault's program does under other names. Installed by name where one program is a script, which would
/// not pass on the name that it is called by.
const NAMES_OF_THE_VAULT: [&str; 4] =
    ["remo-list-creds", "remo-test-project", "remo-vend-status", "remo-reload"];

/// The task runner.
pub(crate) fn xtask() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_xtask"))
}

/// Where broker, vault and helper are, built once for all tests of this process.
pub(crate) fn real() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = xtask().parent().unwrap().parent().unwrap();
        // `cargo xtask test` has built everything before it starts a test.
        if std::env::var_os("REMO_TESTS_ARE_BUILT").is_some_and(|value| value == "1") {
            return target.join("debug");
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--bins", "--target-dir"]).arg(target);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        for package in PROGRAMS {
            build.args(["--package", package]);
        }
        assert!(build.status().unwrap().success(), "the programs are built");
        target.join("debug")
    })
}

/// A fnox on this machine; the try-out fetches its own where it is of another version.
pub(crate) fn fnox() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("REMO_FNOX") {
        return Some(named.into());
    }
    let cached = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/tools/fnox");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("fnox")).collect::<Vec<_>>();
    std::iter::once(cached).chain(on_path).find(|candidate| candidate.is_file())
}

/// The real programs, but for one: a script that gets the real one as `$REAL`.
pub(crate) fn with_script(program: &str, script: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let links = NAMES_OF_THE_VAULT.map(|name| (name, "remo-vault"));
    for (name, target) in PROGRAMS.map(|name| (name, name)).into_iter().chain(links) {
        let (path, real) = (directory.path().join(name), real().join(target));
        if name == program {
            let text = format!("#!/bin/sh\nREAL={}\n{script}\nexec \"$REAL\" \"$@\"\n", real.display());
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        } else {
            symlink(real, path).unwrap();
        }
    }
    directory
}

/// Copies that any user may run, and the task runner with them.
pub(crate) fn for_everybody() -> TempDir {
    let everybody = fs::Permissions::from_mode(0o755);
    let directory = tempfile::Builder::new().permissions(everybody.clone()).tempdir_in("/tmp").unwrap();
    fs::set_permissions(directory.path(), everybody.clone()).unwrap();
    let originals = PROGRAMS.map(|name| real().join(name));
    for original in originals.iter().map(PathBuf::as_path).chain([xtask()]) {
        let copy = directory.path().join(original.file_name().unwrap());
        fs::copy(original, &copy).unwrap();
        fs::set_permissions(&copy, everybody.clone()).unwrap();
    }
    directory
}
