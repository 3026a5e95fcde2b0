//! The dev container feature, as it is shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::bootstrap::progress;
use crate::cache;
use crate::command::run_within;

/// A release build of the static helper on a busy machine.
const LIMIT: Duration = Duration::from_mins(20);

static MADE: OnceLock<PathBuf> = OnceLock::new();

/// The folder with the feature's tarball and its OCI layout, made once a process by the product's own task.
///
/// # Panics
/// When it cannot be made.
pub fn packaged() -> &'static Path {
    MADE.get_or_init(|| {
        // Several test programs want it at the same time, and each writes the same files.
        let _lock = cache::lock("feature");
        progress("packaging the feature with its static helper; the first time takes minutes");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["run", "--quiet", "--package", "xtask", "--", "package", "--only", "feature"]);
        cargo.current_dir(&root);
        let made = run_within(LIMIT, &mut cargo).succeeded();
        PathBuf::from(made.stdout.trim())
    })
}

/// Unpacks the feature into `folder`, which is made.
///
/// # Panics
/// When that does not work.
pub fn unpack(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder for the feature");
    let mut tar = Command::new(crate::programs::expect("tar"));
    tar.arg("-C").arg(folder).arg("-xf").arg(packaged().join("devcontainer-feature-secrets.tgz"));
    let _ = run_within(LIMIT, &mut tar).succeeded();
}
