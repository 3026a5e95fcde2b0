//! Text of others on a terminal: names in a manifest, messages of other programs, paths.

use std::borrow::Cow;

/// `text` on one line, with every character escaped that could steer a terminal, hide, or look like another one: only
/// printable ASCII and our own dots stay as they are. A text without such characters is returned as it is.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let plain = |character: char| matches!(character, ' '..='~' | '…' | '·');
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            character if plain(character) => shown.push(character),
            character => shown.extend(character.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// A path among words: escaped, and in quotes when it holds anything that could be taken for the words around it, or is
/// invisible at its end.
pub fn path(path: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"~/._-+@".contains(&byte);
    if path.bytes().all(plain) {
        return Cow::Borrowed(path);
    }
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"");
    Cow::Owned(format!("\"{}\"", self::escaped(&escaped)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_be_taken_for_the_words_around_it() {
        assert_eq!(path("~/.aws/credentials"), "~/.aws/credentials");
        assert_eq!(path("~/x (mode 0600), optional"), "\"~/x (mode 0600), optional\"");
        assert_eq!(path("~/a\"b\\\u{7}"), r#""~/a\"b\\\u{7}""#);
    }

    #[test]
    fn nothing_of_others_steers_the_terminal() {
        assert_eq!(escaped("GH_TOKEN · ~/.netrc …"), "GH_TOKEN · ~/.netrc …");
        assert_eq!(escaped("a\u{1b}[2Jb\r\n\u{202e}\u{430}\u{9b}"), r"a\u{1b}[2Jb\r\n\u{202e}\u{430}\u{9b}");
        for character in (0..=0x1f_u8).chain([0x7f]).map(char::from) {
            assert!(escaped(&character.to_string()).chars().all(|shown| matches!(shown, ' '..='~')));
        }
    }
}
