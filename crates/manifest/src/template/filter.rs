//! The filters: each turns a value into a literal of another language.

use remo_secret::Secret;
use remo_wire::value::encode_base64;

/// How a value is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// A JSON string with its quotes.
    Json,
    /// A TOML basic string with its quotes.
    Toml,
    /// One word for a POSIX shell, in single quotes.
    Shell,
    /// Standard base64 with padding, on one line. The only filter that takes bytes that are not UTF-8.
    Base64,
}

impl Filter {
    /// Every filter.
    pub const ALL: &'static [Self] = &[Self::Json, Self::Toml, Self::Shell, Self::Base64];

    /// The name in a template.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Shell => "shell",
            Self::Base64 => "base64",
        }
    }

    /// The filter of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|filter| filter.name() == name)
    }

    /// The quoted value; `None` for bytes that this filter has no literal for.
    pub fn apply(self, value: &Secret) -> Option<Secret> {
        if self == Self::Base64 {
            return Some(encode_base64(value.expose()));
        }
        let text = value.expose_text()?;
        // Room for quotes and some escapes; a longer result moves, and the old buffer is wiped.
        let mut quoted = Secret::new(Vec::with_capacity(text.len() + text.len() / 8 + 2));
        match self {
            Self::Json => escaped(&mut quoted, text, json_escape),
            Self::Toml => escaped(&mut quoted, text, toml_escape),
            Self::Shell | Self::Base64 => shell(&mut quoted, text)?,
        }
        Some(quoted)
    }
}

fn escaped(quoted: &mut Secret, text: &str, escape: fn(char) -> Option<String>) {
    quoted.append(b"\"");
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        if let Some(escape) = escape(character) {
            quoted.append(text.as_bytes().get(plain..at).unwrap_or_default());
            quoted.append(escape.as_bytes());
            plain = at + character.len_utf8();
        }
    }
    quoted.append(text.as_bytes().get(plain..).unwrap_or_default());
    quoted.append(b"\"");
}

fn json_escape(character: char) -> Option<String> {
    match character {
        '"' => Some("\\\"".to_owned()),
        '\\' => Some("\\\\".to_owned()),
        '\n' => Some("\\n".to_owned()),
        '\r' => Some("\\r".to_owned()),
        '\t' => Some("\\t".to_owned()),
        '\0'..='\u{1f}' | '\u{7f}' => Some(format!("\\u{:04x}", u32::from(character))),
        _ => None,
    }
}

/// TOML knows the JSON escapes used here, and likewise refuses bare control characters.
fn toml_escape(character: char) -> Option<String> {
    json_escape(character)
}

/// Single quotes hold everything but themselves. No word holds NUL.
fn shell(quoted: &mut Secret, text: &str) -> Option<()> {
    if text.contains('\0') {
        return None;
    }
    quoted.append(b"'");
    for (index, part) in text.split('\'').enumerate() {
        if index > 0 {
            quoted.append(b"'\\''");
        }
        quoted.append(part.as_bytes());
    }
    quoted.append(b"'");
    Some(())
}
