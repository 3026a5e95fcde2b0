//! Where a secret's file may appear.
//!
//! The content of the file lives in memory-backed storage; what appears at `file_path` is a link to it. The
//! path comes from a file that untrusted code writes, so it may lie below the home of the container's user, or
//! in one of [`PLACES`], and not where a program would take the file for code or for settings that run
//! something ([`REFUSED`]).
//!
//! Files in which a tool keeps credentials *and* settings (`~/.npmrc`, `~/.aws/credentials`, `~/.kube/config`)
//! are allowed: that is what the product is for, and the template is part of what a person approves.
//!
//! The refused places are those that are known, not all that exist: any program may obey a file of its own. What
//! protects is that a person approves each path.

use std::fmt;

pub use refused::{ANYWHERE, REFUSED, Refused};

mod refused;

/// The home of the container's remote user at the beginning of a path.
pub const HOME: &str = "~/";

/// Places outside the home, each with a `/` at its end. Both are what other secret injectors use, and are
/// writable by root only: in a place that anybody may write, somebody else could come first.
pub const PLACES: &[&str] = &["/run/secrets/", "/etc/secrets/"];

/// The longest path, in bytes. Far below what Linux allows (4,096), so that the home still fits before it.
pub const PATH_MAX: usize = 1024;

/// The longest name between two slashes, in bytes: the limit of Linux file systems.
pub const COMPONENT_MAX: usize = 255;

/// Why a path cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// It has no characters, or more than [`PATH_MAX`], or a component over [`COMPONENT_MAX`].
    Length,
    /// It contains something else than printable ASCII: a person approves what is seen, so no character may
    /// hide, reorder others or look like another one.
    NotPrintableAscii,
    /// It has a component that is empty, `.` or `..`, or ends with a slash.
    Components,
    /// It is neither below the home nor in one of [`PLACES`].
    Outside,
    /// A program would run or obey it.
    Refused(&'static Refused),
    /// A file there would take the place of a directory that programs load from.
    Above(&'static Refused),
}

impl PathFault {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        match self {
            Self::Length => "write a shorter path, for example ~/.netrc".to_owned(),
            Self::NotPrintableAscii => {
                "write the path with letters, digits and signs of ASCII only, for example ~/.netrc".to_owned()
            }
            Self::Components => {
                "write the path of a file, with single slashes and without . and .. in it".to_owned()
            }
            Self::Outside => format!(
                "write a path below {HOME} (the home of the container's user), or below {}",
                PLACES.join(" or ")
            ),
            Self::Refused(_) | Self::Above(_) => {
                "write a path that only your own program reads, for example ~/.config/PROGRAM/token"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for PathFault {
    /// Continues a sentence that begins with the path.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(
                formatter,
                "has the wrong length: a path has 1 to {PATH_MAX} bytes, each name in it at most {COMPONENT_MAX}"
            ),
            Self::NotPrintableAscii => formatter.write_str(
                "contains a character that is not printable ASCII, and so could look like another path",
            ),
            Self::Components => formatter.write_str("is not the plain path of a file"),
            Self::Outside => formatter.write_str("is outside the places where a secret may appear"),
            Self::Refused(refused) => write!(formatter, "is refused: {}", refused.reason),
            Self::Above(_) => formatter.write_str("is refused: programs need the directory of that name"),
        }
    }
}

/// A `file_path` that keeps the rules, as a walk from a directory that is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement<'p> {
    /// Relative to the home of the container's user.
    Home(&'p str),
    /// Relative to `/`, in one of [`PLACES`].
    Root(&'p str),
}

/// Checks a `file_path`.
pub fn check(path: &str) -> Result<(), PathFault> {
    parse(path).map(drop)
}

/// Checks a `file_path`, and says from where it is walked. Its components are plain names.
pub fn parse(path: &str) -> Result<Placement<'_>, PathFault> {
    if path.is_empty() || path.len() > PATH_MAX {
        return Err(PathFault::Length);
    }
    if !path.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(PathFault::NotPrintableAscii);
    }
    let home = path.strip_prefix(HOME);
    let inside = home.or_else(|| PLACES.iter().find_map(|place| path.strip_prefix(place)));
    // A path of another form may still be told first that it is outside: the more useful remedy.
    let Some(inside) = inside else { return Err(PathFault::Outside) };
    for component in inside.split('/') {
        match component {
            "" | "." | ".." => return Err(PathFault::Components),
            long if long.len() > COMPONENT_MAX => return Err(PathFault::Length),
            _ => {}
        }
    }
    match home {
        Some(inside) => refused::check(inside).map(|()| Placement::Home(inside)),
        None => Ok(Placement::Root(path.trim_start_matches('/'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_keep_credentials_in_is_allowed() {
        for path in [
            "~/.netrc",
            "~/.npmrc",
            "~/.yarnrc.yml",
            "~/.pypirc",
            "~/.pgpass",
            "~/.my.cnf",
            "~/.git-credentials",
            "~/.vault-token",
            "~/.terraformrc",
            "~/.docker/config.json",
            "~/.aws/credentials",
            "~/.aws/config",
            "~/.azure/service_principal.json",
            "~/.ssh/id_ed25519",
            "~/.ssh/known_hosts",
            "~/.gnupg/private-keys-v1.d/key",
            "~/.kube/config",
            "~/.cargo/credentials.toml",
            "~/.m2/settings.xml",
            "~/.gradle/gradle.properties",
            "~/.gem/credentials",
            "~/.bundle/config",
            "~/.composer/auth.json",
            "~/.config/composer/auth.json",
            "~/.config/pip/pip.conf",
            "~/.config/gh/hosts.yml",
            "~/.config/git/credentials",
            "~/.config/gcloud/application_default_credentials.json",
            "~/.config/rclone/rclone.conf",
            "~/.claude/.credentials.json",
            "~/.codex/auth.json",
            "~/my project/.env",
            "/run/secrets/db_password",
            "/etc/secrets/tls/key.pem",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn what_programs_run_is_refused() {
        for entry in REFUSED {
            for path in entry.paths {
                let below = format!("{HOME}{path}/x");
                let itself = format!("{HOME}{path}");
                assert_eq!(check(&itself), Err(PathFault::Refused(entry)), "{itself}");
                assert_eq!(check(&below), Err(PathFault::Refused(entry)), "{below}");
                assert!(
                    !matches!(check(&format!("{itself}-of-mine")), Err(PathFault::Refused(_))),
                    "{itself}-of-mine"
                );
            }
        }
    }

    #[test]
    fn some_names_are_refused_at_every_depth() {
        for entry in ANYWHERE {
            for name in entry.paths {
                for path in [format!("~/{name}"), format!("~/work/a/{name}"), format!("~/work/{name}/a/b")] {
                    assert_eq!(check(&path), Err(PathFault::Refused(entry)), "{path}");
                }
                assert_eq!(check(&format!("~/work/a{name}-of-mine/b")), Ok(()), "{name}");
                assert!(
                    !name.contains('/') && !REFUSED.iter().any(|entry| entry.paths.contains(name)),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn places_of_known_tools_are_refused() {
        for path in [
            "~/.git/config",
            "~/x/.git/hooks/post-checkout",
            "~/x/.GIT/config",
            "~/.zcompdump",
            "~/.fzf.bash",
            "~/.p10k.zsh",
            "~/.wgetrc",
            "~/.ackrc",
            "~/.yarnrc",
            "~/.pylintrc",
            "~/.bazelrc",
            "~/.R/Makevars",
            "~/.lein/profiles.clj",
            "~/.m2/wrapper/dists/x",
            "~/.gradle/wrapper/dists/x",
            "~/.gradle/caches/x",
            "~/go/pkg/mod/x",
            "~/.cargo/registry/src/x",
            "~/.gem/ruby/3.3.0/x",
            "~/.cabal/bin/x",
            "~/.opam/default/x",
            "~/.goenv/x",
            "~/.venv/bin/python",
            "~/x/.venv/lib/x",
            "~/CLAUDE.md",
            "~/x/AGENTS.md",
            "~/x/.mcp.json",
            "~/.copilot/mcp-config.json",
            "~/.codex/hooks.json",
            "~/.config/goose/config.yaml",
            "~/.config/glab-cli/aliases.yml",
            "~/x/.vscode/tasks.json",
            "~/x/.husky/pre-commit",
        ] {
            assert!(matches!(check(path), Err(PathFault::Refused(_))), "{path}");
        }
    }

    #[test]
    fn a_parent_of_a_refused_place_is_refused_too() {
        for path in ["~/.ssh", "~/.config", "~/.config/git", "~/.local/share"] {
            assert!(matches!(check(path), Err(PathFault::Above(_))), "{path}");
        }
    }

    #[test]
    fn paths_have_one_spelling() {
        for path in [
            "~/",
            "~/a/",
            "~/a//b",
            "~/./a",
            "~/a/.",
            "~/a/../b",
            "~/..",
            "/run/secrets/../x",
            "/run/secrets/",
        ] {
            assert_eq!(check(path), Err(PathFault::Components), "{path}");
        }
        for path in
            ["~", "~root/x", "a", "./a", "/", "/etc/passwd", "/run/secretsx", "/tmp/x", "$HOME/x", " ~/x"]
        {
            assert_eq!(check(path), Err(PathFault::Outside), "{path}");
        }
    }

    #[test]
    fn a_path_is_what_it_looks_like() {
        for character in [
            '\0', '\n', '\t', '\u{1b}', '\u{7f}', '\u{85}', '\u{a0}', '\u{e4}', '\u{34f}', '\u{430}',
            '\u{200b}', '\u{202e}', '\u{2800}', '\u{3164}', '\u{fe0f}', '\u{feff}',
        ] {
            for path in [format!("~/.aws{character}/credentials"), format!("/run/secrets/{character}a")] {
                assert_eq!(check(&path), Err(PathFault::NotPrintableAscii), "{path:?}");
            }
        }
    }

    #[test]
    fn a_path_says_from_where_it_is_walked() {
        assert_eq!(parse("~/.aws/credentials"), Ok(Placement::Home(".aws/credentials")));
        assert_eq!(parse("/run/secrets/tls/key"), Ok(Placement::Root("run/secrets/tls/key")));
        assert_eq!(parse("/run/secrets/bin"), Ok(Placement::Root("run/secrets/bin")));
    }

    #[test]
    fn lengths_are_limited() {
        let longest_name = format!("~/{}", "x".repeat(COMPONENT_MAX));
        assert_eq!(check(&longest_name), Ok(()));
        assert_eq!(check(&format!("{longest_name}x")), Err(PathFault::Length));
        let longest =
            format!("~/{}", "x/".repeat((PATH_MAX - 2) / 2)).trim_end_matches('/').to_owned() + "yz";
        assert_eq!(longest.len(), PATH_MAX + 1);
        assert_eq!(check(&longest), Err(PathFault::Length));
        assert_eq!(check(&longest[..PATH_MAX]), Ok(()));
        assert_eq!(check(""), Err(PathFault::Length));
    }
}
