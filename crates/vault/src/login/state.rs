//! The tool's login state: what a refresh needs of its home, taken out of it and put back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use remo_wire::value::{decode_base64, encode_base64};

use super::home::Home;
use crate::failure::Failure;

/// The most that is kept of one login, in bytes and in files: a session, not a home.
const STATE_MAX: usize = 1024 * 1024;
const FILES_MAX: usize = 64;

/// What lies at `paths`, by path, as base64. A path that is not there is left out.
pub(super) fn save(home: &Home, paths: &[String]) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut state = BTreeMap::new();
    let mut size = 0;
    let mut waiting: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    while let Some(path) = waiting.pop() {
        let whole = home.path().join(&path);
        let Ok(metadata) = fs::symlink_metadata(&whole) else { continue };
        if metadata.is_dir() {
            let entries = fs::read_dir(&whole).map_err(|error| unusable(&path, &error.to_string()))?;
            for entry in entries {
                let entry = entry.map_err(|error| unusable(&path, &error.to_string()))?;
                waiting.push(path.join(entry.file_name()));
            }
            continue;
        }
        let content = home.read(&path).map_err(|why| unusable(&path, &why))?;
        size += content.len();
        if size > STATE_MAX || state.len() == FILES_MAX {
            return Err(unusable(
                &path,
                &format!("with it, it is over {FILES_MAX} files or {STATE_MAX} bytes"),
            ));
        }
        let name = path.to_str().ok_or_else(|| unusable(&path, "its name is not UTF-8"))?;
        state.insert(name.to_owned(), encode_base64(content.expose()));
    }
    Ok(state)
}

/// Puts `state` into a home in which no tool has run yet.
pub(super) fn restore(home: &Home, state: &BTreeMap<String, Secret>) -> Result<(), Failure> {
    for (path, encoded) in state {
        let path = Path::new(path);
        let content = decode_base64(encoded).ok_or_else(|| unusable(path, "it was not kept as base64"))?;
        home.write(path, content.expose()).map_err(|error| unusable(path, &error.to_string()))?;
    }
    Ok(())
}

fn unusable(path: &Path, why: &str) -> Failure {
    Failure::new(format!("the tool's state {} cannot be kept for a refresh: {why}", path.display()))
}
