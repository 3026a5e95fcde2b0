//! Work on a store by a process of the user that it belongs to.
//!
//! On the instance the key is root's business, but the store is the vault's: root does not open, follow or replace
//! what another user has put there. So this binary is run once more, as that user.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::geteuid;

use crate::cli::{Locations, SourceKind};
use crate::failure::Failure;

/// This very program, whatever its path: it may lie where the other user cannot walk.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Runs this program with `arguments` on the store of `locations` under the key in `key_file`, as the owner of the
/// store; `None` when there is no store.
pub(super) fn run(
    locations: &Locations,
    key_file: &Path,
    arguments: &[&str],
) -> Result<Option<Output>, Failure> {
    let store = locations.store_path();
    let metadata = match store.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::new(format!("cannot look at {}: {error}", store.display()))),
    };
    let mut command = Command::new(THIS_PROGRAM);
    command
        .arg0("remo-vault")
        .args(arguments)
        .arg("--store")
        .arg(std::path::absolute(store).unwrap_or_else(|_| store.to_owned()))
        .arg("--key-file")
        .arg(std::path::absolute(key_file).unwrap_or_else(|_| key_file.to_owned()))
        .args(["--source", source_name(locations.source_kind())])
        .args(locations.fnox.iter().flat_map(|program| [OsStr::new("--fnox"), program.as_os_str()]))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    if geteuid().is_root() && metadata.uid() != 0 {
        command.uid(metadata.uid()).gid(metadata.gid());
    }
    let output = command.output().map_err(|error| {
        Failure::new(format!("cannot run remo-vault as user {}: {error}", metadata.uid()))
    })?;
    Ok(Some(output))
}

fn source_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Fnox => "fnox",
        SourceKind::Embedded => "embedded",
    }
}

/// What the process said went wrong: its last error line, without the word in front, and its hint.
pub(super) fn complaint(output: &Output) -> Failure {
    let text = String::from_utf8_lossy(&output.stderr);
    let problem = text.lines().find_map(|line| line.strip_prefix("error: "));
    let hint = text.split_once("\nhint: ").map(|(_, hint)| hint.trim_end());
    let failure = Failure::new(problem.unwrap_or("the store cannot be used").to_owned());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Names of the entries that do not open, in what `list --json` printed.
pub(super) fn faults(listing: &Output) -> Vec<String> {
    let listing: serde_json::Value = serde_json::from_slice(&listing.stdout).unwrap_or_default();
    listing["faults"].as_object().map(|faults| faults.keys().cloned().collect()).unwrap_or_default()
}
