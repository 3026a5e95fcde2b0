//! Where a secret's file may appear.

use std::fmt;

/// Why a path cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// Outside the home and the allowed places.
    Outside,
}

impl PathFault {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        "write a path below ~/".to_owned()
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is outside the home")
    }
}

/// Checks a `file_path`.
pub fn check(path: &str) -> Result<(), PathFault> {
    if path.starts_with("~/") { Ok(()) } else { Err(PathFault::Outside) }
}
