//! Files stay small enough to be read in one go.

use std::path::Path;

use super::sources;
use crate::failure::Failure;
use crate::generate;
use crate::outcome::Outcome;

/// Lines that a file may have without a reason.
const MAXIMUM: usize = 500;

/// What is looked at.
const ENDINGS: &[&str] = &[".rs", ".toml", ".md", ".sh", ".py", ".yml", ".yaml", ".json"];

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// Fails for a long file without a reason, and for a reason without a long file.
pub(super) fn check(root: &Path) -> Result<Outcome, Failure> {
    let mut problems = Vec::new();
    let mut long = Vec::new();
    for file in sources::files(root, ENDINGS)? {
        if generate::is_generated(&file) {
            continue;
        }
        let lines = sources::read(root, &file)?.lines().count();
        if lines > MAXIMUM {
            let name = file.to_string_lossy().into_owned();
            if !LONGER.iter().any(|(path, _)| *path == name) {
                problems.push(format!("{name} has {lines} lines"));
            }
            long.push(name);
        }
    }
    for (path, reason) in LONGER {
        if !long.iter().any(|name| name == path) {
            problems.push(format!("{path} is excused (\"{reason}\") and is not long any more"));
        }
    }
    if problems.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("a file has at most {MAXIMUM} lines:\n  {}", problems.join("\n  ")))
        .hint("split it, or give the reason in xtask/src/check/file_length.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_named_with_its_length() {
        let directory = std::env::temp_dir().join(format!("xtask-file-length-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("short.rs"), "//\n".repeat(MAXIMUM)).unwrap();
        assert_eq!(check(&directory).unwrap(), Outcome::Passed);
        std::fs::write(directory.join("long.rs"), "//\n".repeat(MAXIMUM + 1)).unwrap();
        let failure = check(&directory).unwrap_err().to_string();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(failure.contains("long.rs has 501 lines"), "{failure}");
    }
}
