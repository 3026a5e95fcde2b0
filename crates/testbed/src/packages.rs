//! The Debian packages, made by the product's own task out of the programs that the tests run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use remo_testkit::binaries;

use crate::bootstrap::progress;
use crate::cache;
use crate::command::run_within;

/// Compressing programs with all that tests have in them, on a busy machine.
const LIMIT: Duration = Duration::from_mins(20);

/// The programs that are in the packages.
const PROGRAMS: [&str; 4] = ["remo-broker", "remo", "remo-docker", "remo-vault"];

static MADE: OnceLock<PathBuf> = OnceLock::new();

/// Names a folder with packages that are there already, such as those that are about to be published.
const READY: &str = "REMO_PACKAGES";

/// The folder with the packages, made once a process; the one that `REMO_PACKAGES` names when it is set.
///
/// # Panics
/// When they cannot be made.
pub fn packaged() -> &'static Path {
    MADE.get_or_init(|| {
        if let Some(ready) = std::env::var_os(READY) {
            return ready.into();
        }
        let folder = folder().join("debian");
        let _lock = cache::lock("packages");
        make(&folder);
        folder.join("debian")
    })
}

/// Makes the packages below `out`, in its folder `debian`.
///
/// # Panics
/// When they cannot be made.
pub fn make(out: &Path) {
    progress("making the Debian packages; takes a minute");
    let programs = PROGRAMS.map(binaries::path);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["run", "--quiet", "--package", "xtask", "--", "package", "--only", "debian", "--programs"])
        .arg(programs[0].parent().expect("a folder of programs"))
        .arg("--out")
        .arg(out)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let _ = run_within(LIMIT, &mut cargo).succeeded();
}

/// A folder below the target directory, which outlives the test.
fn folder() -> PathBuf {
    let broker = binaries::path("remo-broker");
    broker.parent().expect("a folder of programs").join("packages-of-tests")
}
