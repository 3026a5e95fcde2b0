//! Where this repository is, and what Cargo knows about it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo;
use crate::failure::Failure;

/// The repository that this program was built from.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Asks Cargo where things are.
    pub(crate) fn locate() -> Result<Self, Failure> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().ok_or_else(|| Failure::new("xtask lies in no directory"))?.to_owned();
        let metadata =
            cargo::output(cargo::command(&root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata)
            .map_err(Failure::because("cannot read the output of cargo metadata"))?;
        let target = metadata["target_directory"]
            .as_str()
            .ok_or_else(|| Failure::new("cargo metadata names no target directory"))?;
        Ok(Self { target: target.into(), root })
    }

    /// The top directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where Cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A program that `cargo build --release` made.
    pub(crate) fn release_program(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// What is fetched once and outlives `cargo clean`; git ignores it.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join(".cache")
    }

    /// Tools that the tasks install for themselves, out of the way of the user's own.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }
}
