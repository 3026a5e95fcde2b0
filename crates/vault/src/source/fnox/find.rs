//! Where the fnox program is.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::FnoxError;

/// Any of the three permissions to run a file.
const EXECUTABLE: u32 = 0o111;

/// The program that was `named`, or the first `fnox` on the path.
pub(crate) fn program(named: Option<&Path>) -> Result<PathBuf, FnoxError> {
    if let Some(named) = named {
        return std::path::absolute(named)
            .ok()
            .filter(|path| is_program(path))
            .ok_or_else(|| FnoxError::NotThere { program: named.to_owned() });
    }
    let path = env::var_os("PATH").unwrap_or_default();
    // A relative folder on the path would mean another program in each working directory.
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("fnox"))
        .find(|candidate| is_program(candidate))
        .ok_or(FnoxError::NotFound)
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & EXECUTABLE != 0)
}
