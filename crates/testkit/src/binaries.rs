//! Where the product's binaries are.
//!
//! `cargo test -p PACKAGE` builds the binaries of that package only. So a binary of another package is built
//! here first, once a process and name; cargo's own lock keeps parallel builds apart, and nothing is done
//! when it is fresh. `cargo xtask test` has built everything before it starts a test, and says so; then the
//! built binary is taken as it is. A test of a package's own binary passes `env!("CARGO_BIN_EXE_…")` instead.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Set to `1` by whoever has built all binaries with the profile of the tests that it starts.
const ALL_ARE_BUILT: &str = "REMO_TESTS_ARE_BUILT";

static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

/// The path of `binary`, built with the profile of the running test.
///
/// # Panics
/// When cargo cannot build it, or it should be there and is not.
pub fn path(binary: &str) -> PathBuf {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.get_or_insert_default().entry(binary.to_owned()).or_insert_with(|| build(binary)).clone()
}

/// The package of a binary: of the same name but for these.
fn package(binary: &str) -> &str {
    match binary {
        "remo" => "remo-host",
        "remo-docker" => "remo-gate",
        other => other,
    }
}

fn build(binary: &str) -> PathBuf {
    let profile_folder = profile_folder();
    if std::env::var_os(ALL_ARE_BUILT).is_some_and(|value| value == "1") {
        let path = profile_folder.join(binary);
        assert!(path.is_file(), "{ALL_ARE_BUILT} is set, and there is no {}", path.display());
        return path;
    }
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = profile_folder.parent().expect("a target directory");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", package(binary), "--bin", binary, "--profile", profile])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{binary} was not built: {}", String::from_utf8_lossy(&output.stderr));
    profile_folder.join(binary)
}

/// `target/<profile>`: where the running test executable lies, but for its own `deps` or `examples`.
fn profile_folder() -> PathBuf {
    let executable = std::env::current_exe().expect("the path of this executable");
    let folder = executable.parent().expect("a folder of this executable");
    let own = matches!(folder.file_name().and_then(|name| name.to_str()), Some("deps" | "examples"));
    if own { folder.parent().expect("a profile folder").to_owned() } else { folder.to_owned() }
}
