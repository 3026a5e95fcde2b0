//! Building `remo-fetch-secrets` as it is shipped: one file that needs no library of the container it runs in.

use std::path::PathBuf;

use crate::cargo;
use crate::failure::Failure;
use crate::package::path_flags;
use crate::workspace::Workspace;

/// The package and program.
const PROGRAM: &str = "remo-fetch-secrets";

/// The flag that links the C library in. It works with the GNU target, which every toolchain has; with an
/// explicit `--target` it does not reach build scripts and procedural macros, which cannot be linked so.
const STATIC_FLAG: [&str; 2] = ["-C", "target-feature=+crt-static"];

/// Builds the static helper and returns where it is.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let mut flags = path_flags(workspace)?;
    flags.extend(STATIC_FLAG.map(str::to_owned));
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    cargo::run(
        cargo::command(workspace.root())
            .args(["build", "--release", "--package", PROGRAM, "--target", &triple])
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
    )?;
    Ok(workspace.target().join(triple).join("release").join(PROGRAM))
}
