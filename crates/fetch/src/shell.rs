//! Variables as text that a shell reads back exactly.
//!
//! Values are UTF-8 without NUL when they come here ([`crate::plan`] sees to that), and names are identifiers.

use std::path::Path;

use remo_secret::Secret;

use crate::plan::Variable;

/// A shell that `env` writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shell {
    /// Any POSIX shell: sh, dash, bash, zsh, busybox.
    #[default]
    Posix,
    /// fish.
    Fish,
}

impl std::str::FromStr for Shell {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "sh" | "bash" | "zsh" | "dash" => Ok(Self::Posix),
            "fish" => Ok(Self::Fish),
            _ => Err("the shells are sh (also for bash, zsh and dash) and fish".to_owned()),
        }
    }
}

/// One assignment a variable, in the order given.
pub(crate) fn script(shell: Shell, variables: &[Variable]) -> Secret {
    let mut text = Secret::new(Vec::new());
    for variable in variables {
        let (before, between) = match shell {
            Shell::Posix => ("export ", "="),
            Shell::Fish => ("set -gx ", " "),
        };
        for part in [before, &variable.name, between] {
            text.append(part.as_bytes());
        }
        quote(shell, variable.value.expose(), &mut text);
        text.append(b"\n");
    }
    text
}

/// `NAME=value` and a NUL each: what a program loads without a parser of its own.
pub(crate) fn nul_separated(variables: &[Variable]) -> Secret {
    let mut text = Secret::new(Vec::new());
    for variable in variables {
        for part in [variable.name.as_bytes(), b"=", variable.value.expose(), b"\0"] {
            text.append(part);
        }
    }
    text
}

/// The entries of [`nul_separated`], as names and values.
pub(crate) fn parse_nul_separated(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|byte| *byte == 0).filter_map(|entry| {
        let equals = entry.iter().position(|byte| *byte == b'=')?;
        Some((&entry[..equals], &entry[equals + 1..]))
    })
}

/// A path for a command line that is shown to a person.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@%:,".contains(&byte);
    if text.bytes().all(ordinary) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Appends `value` in single quotes. Inside them a POSIX shell obeys nothing but the closing quote; fish also
/// knows `\\` and `\'`.
fn quote(shell: Shell, value: &[u8], text: &mut Secret) {
    text.append(b"'");
    let mut rest = value;
    while let Some(at) = rest.iter().position(|byte| match shell {
        Shell::Posix => *byte == b'\'',
        Shell::Fish => matches!(byte, b'\'' | b'\\'),
    }) {
        text.append(&rest[..at]);
        match (shell, rest[at]) {
            (Shell::Posix, _) => text.append(b"'\\''"),
            (Shell::Fish, special) => text.append(&[b'\\', special]),
        }
        rest = &rest[at + 1..];
    }
    text.append(rest);
    text.append(b"'");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(value: &str) -> [Variable; 1] {
        [Variable { name: "TOKEN".to_owned(), value: Secret::from_text(value.to_owned()) }]
    }

    fn written(shell: Shell, value: &str) -> String {
        String::from_utf8(script(shell, &variable(value)).expose().to_vec()).unwrap()
    }

    #[test]
    fn posix_quotes_close_and_open_again_around_a_quote() {
        assert_eq!(written(Shell::Posix, "it's $HOME"), "export TOKEN='it'\\''s $HOME'\n");
        assert_eq!(written(Shell::Posix, "a\\b\nc"), "export TOKEN='a\\b\nc'\n");
        assert_eq!(written(Shell::Posix, ""), "export TOKEN=''\n");
    }

    #[test]
    fn fish_escapes_quotes_and_backslashes() {
        assert_eq!(written(Shell::Fish, "it's a\\b"), "set -gx TOKEN 'it\\'s a\\\\b'\n");
    }

    #[test]
    fn paths_are_quoted_where_a_shell_would_split_or_obey_them() {
        assert_eq!(quoted(Path::new("/home/me/.aws/x-1")), "/home/me/.aws/x-1");
        assert_eq!(quoted(Path::new("/a b/it's $(x)")), "'/a b/it'\\''s $(x)'");
    }

    #[test]
    fn nul_separated_entries_read_back_as_they_were() {
        let text = nul_separated(&variable("a=b\nc"));
        let entries: Vec<_> = parse_nul_separated(text.expose()).collect();
        assert_eq!(entries, [(b"TOKEN".as_slice(), b"a=b\nc".as_slice())]);
    }
}
