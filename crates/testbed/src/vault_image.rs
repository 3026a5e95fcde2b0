//! The vault's image, as it is shipped, but for a debug build of its program and a fnox that comes along.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::bootstrap::progress;
use crate::cache;
use crate::command::run_within;

/// A debug build of the program on a busy machine.
const LIMIT: Duration = Duration::from_mins(20);

static MADE: OnceLock<PathBuf> = OnceLock::new();

/// The folder that the image is built from, made once a process by the product's own task, with this fnox in it.
///
/// # Panics
/// When it cannot be made.
pub fn context(fnox: &Path) -> &'static Path {
    MADE.get_or_init(|| {
        // Each test program that wants it writes the same files.
        let _lock = cache::lock("vault-image");
        progress("packaging what the vault's image is built from");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "run",
            "--quiet",
            "--package",
            "xtask",
            "--",
            "package",
            "--only",
            "vault-image",
            "--debug",
        ]);
        cargo.arg("--fnox").arg(fnox).arg("--out").arg(root.join("target/testbed")).current_dir(&root);
        let made = run_within(LIMIT, &mut cargo).succeeded();
        PathBuf::from(made.stdout.trim())
    })
}
