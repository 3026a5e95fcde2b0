//! Raw input in messages: shortened and escaped, so that it can neither flood nor steer a terminal.

/// The longest piece of raw input in a message, in characters.
const SHOWN_MAX: usize = 60;

/// `text` between backquotes, cut after [`SHOWN_MAX`] characters. Everything but printable ASCII is escaped: no
/// character hides, moves others about, or looks like another one.
pub(crate) fn quote(text: &str) -> String {
    format!("`{}`", bare(text))
}

/// Like [`quote`], without the backquotes.
pub(crate) fn bare(text: &str) -> String {
    let mut shown = String::new();
    text.chars().take(SHOWN_MAX).for_each(|character| push(&mut shown, character));
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// One part of a dotted key: in quotes, as in TOML, unless it is a bare key.
pub(crate) fn key_part(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare { bare(name) } else { format!("\"{}\"", bare(name)) }
}

/// `text` in full between double quotes, on one line, escaped like [`quote`] and unambiguously: two texts that
/// differ are shown differently.
pub(crate) fn literal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('"');
    for character in text.chars() {
        if character == '"' {
            shown.push('\\');
        }
        push(&mut shown, character);
    }
    shown.push('"');
    shown
}

fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\t' => shown.push_str("\\t"),
        '\r' => shown.push_str("\\r"),
        // Else what is written with a backslash could be taken for an escape.
        '\\' => shown.push_str("\\\\"),
        ' '..='~' => shown.push(character),
        _ => shown.extend(character.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_input_is_cut_and_cannot_steer_a_terminal() {
        assert_eq!(quote("plain"), "`plain`");
        assert_eq!(quote("a\u{1b}[2Jb\n\u{202e}c"), r"`a\u{1b}[2Jb\n\u{202e}c`");
        let cut = quote(&"x".repeat(SHOWN_MAX + 1));
        assert_eq!(cut.chars().count(), SHOWN_MAX + 3);
        assert!(cut.ends_with("…`"));
    }

    #[test]
    fn no_text_looks_like_another_one() {
        // Invisible, blank or the same shape as a Latin letter.
        for character in ['\u{3164}', '\u{2800}', '\u{34f}', '\u{fe0f}', '\u{430}', '\u{a0}', '\u{e4}'] {
            let text = format!("~/{character}a");
            assert!(quote(&text).is_ascii() && quote(&text).contains(r"\u{"), "{character:?}");
            assert_eq!(literal(&text), format!(r#""~/\u{{{:x}}}a""#, u32::from(character)));
        }
        assert_eq!(quote(r"\u{430}"), r"`\\u{430}`");
        assert_eq!(literal("a\"b\\\n\t\rc"), r#""a\"b\\\n\t\rc""#);
    }

    #[test]
    fn odd_parts_of_a_key_are_in_quotes() {
        assert_eq!(key_part("a-b_1"), "a-b_1");
        assert_eq!(key_part("a.b"), "\"a.b\"");
        assert_eq!(key_part(""), "\"\"");
    }
}
