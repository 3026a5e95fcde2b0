//! Unsafe code has one home, so that there is one place to review.

use std::path::Path;

use super::sources;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The one crate.
const HOME: &str = "crates/sys";

/// What begins unsafe code, or lifts the lint against it.
const FORMS: &[&str] =
    &["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern", "#[unsafe(", "(unsafe_code"];

/// Fails for unsafe code elsewhere, and for a package that does not take over the lints of the workspace,
/// which forbid it.
pub(super) fn check(root: &Path) -> Result<Outcome, Failure> {
    let mut problems = Vec::new();
    for file in sources::files(root, &[".rs"])? {
        // The forms are spelled out in this file.
        if file.starts_with(HOME) || file.ends_with("check/unsafe_code.rs") {
            continue;
        }
        for (index, line) in sources::read(root, &file)?.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if FORMS.iter().any(|form| code.contains(form)) {
                problems.push(format!("{}:{}: unsafe code", file.display(), index + 1));
            }
        }
    }
    for file in sources::files(root, &["Cargo.toml"])? {
        let text = sources::read(root, &file)?;
        let exempt = file.starts_with(HOME) || file.starts_with("fuzz");
        if text.contains("[package]") && !exempt && !text.contains("[lints]\nworkspace = true") {
            problems.push(format!("{}: does not say [lints] workspace = true", file.display()));
        }
    }
    if problems.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("unsafe code belongs into {HOME}:\n  {}", problems.join("\n  "))))
}
