//! The real fnox, for tests of what is stored with it.

use std::env;
use std::path::{Path, PathBuf};

use crate::skip;

/// The fnox program: what `REMO_FNOX` names, else `.cache/tools/fnox` of the workspace, else the one on the path.
/// `None` when there is none; the test `name` is reported as skipped then.
pub fn program(name: &str) -> Option<PathBuf> {
    let found = if let Some(named) = env::var_os("REMO_FNOX") {
        Some(PathBuf::from(named)).filter(|path| path.is_file())
    } else {
        let of_workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/tools/fnox");
        let on_path = env::var_os("PATH").unwrap_or_default();
        let on_path = env::split_paths(&on_path).map(|folder| folder.join("fnox")).collect::<Vec<_>>();
        std::iter::once(of_workspace).chain(on_path).find(|candidate| candidate.is_file())
    };
    if found.is_none() {
        skip::skipped(name, "there is no fnox; cargo xtask test fetches it, or name one with REMO_FNOX");
    }
    found
}
