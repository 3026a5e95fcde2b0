//! Finding programs of others.

use std::path::{Path, PathBuf};

/// Looked into first: what stands before these on a person's path may be something else of the same name.
const SYSTEM: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Where `program` is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    SYSTEM
        .iter()
        .map(PathBuf::from)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Where `program` is, which [`crate::bootstrap`] has seen to.
pub(crate) fn expect(program: &str) -> PathBuf {
    find(program).unwrap_or_else(|| panic!("{program} is missing"))
}

/// The system folders as a `PATH`, with the folder of `further` behind them.
pub(crate) fn search_path(further: &Path) -> String {
    let folder = further.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    format!("{}:{folder}", SYSTEM.join(":"))
}
