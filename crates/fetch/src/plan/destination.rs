//! Where a link to a secret's file goes.

use std::fmt;
use std::path::{Component, Path, PathBuf};

/// A path that is walked component by component from a directory that is trusted: the home, or `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Destination {
    /// Below the home.
    Home(PathBuf),
    /// Anywhere else; relative to `/`.
    Root(PathBuf),
}

impl Destination {
    /// Reads a `file_path` of a binding: `~/…` or absolute, of plain names only.
    pub(crate) fn parse(file_path: &str) -> Option<Self> {
        let plain = |rest: &str| {
            let path = Path::new(rest);
            let plain = !rest.is_empty()
                && !rest.ends_with('/')
                && path.components().all(|component| matches!(component, Component::Normal(_)))
                // `components` drops `.` and doubled slashes; a path that has them is not plain.
                && rest.split('/').all(|part| !part.is_empty() && part != ".");
            plain.then(|| path.to_owned())
        };
        match file_path.strip_prefix("~/") {
            Some(rest) => plain(rest).map(Self::Home),
            None => file_path.strip_prefix('/').and_then(plain).map(Self::Root),
        }
    }

    /// The path below its trusted directory.
    pub(crate) fn relative(&self) -> &Path {
        match self {
            Self::Home(path) | Self::Root(path) => path,
        }
    }
}

impl fmt::Display for Destination {
    /// As it stands in a manifest.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(path) => write!(formatter, "~/{}", path.display()),
            Self::Root(path) => write!(formatter, "/{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_destinations() {
        assert_eq!(Destination::parse("~/.aws/x"), Some(Destination::Home(".aws/x".into())));
        assert_eq!(Destination::parse("/run/secrets/x"), Some(Destination::Root("run/secrets/x".into())));
        for bad in ["", "~/", "/", "x", "~", "~/../x", "~/a/./b", "~/a//b", "~/a/", "/a/../b", "~x/y", "~//x"]
        {
            assert_eq!(Destination::parse(bad), None, "{bad}");
        }
    }
}
