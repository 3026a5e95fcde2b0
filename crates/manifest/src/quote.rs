//! Raw input in messages: shortened and escaped, so that it can neither flood nor steer a terminal.

/// The longest piece of raw input in a message, in characters.
const SHOWN_MAX: usize = 60;

/// `text` between backquotes, without control or direction characters, and cut after [`SHOWN_MAX`]
/// characters.
pub(crate) fn quote(text: &str) -> String {
    format!("`{}`", bare(text))
}

/// Like [`quote`], without the backquotes.
pub(crate) fn bare(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_MAX).map(harmless).collect();
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

/// Whether a terminal would obey this character, or show nothing or something else for it.
pub(crate) fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn harmless(character: char) -> char {
    if is_steering(character) { char::REPLACEMENT_CHARACTER } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_input_is_cut_and_cannot_steer_a_terminal() {
        assert_eq!(quote("plain"), "`plain`");
        assert_eq!(quote("a\u{1b}[2Jb\n\u{202e}c"), "`a\u{fffd}[2Jb\u{fffd}\u{fffd}c`");
        let cut = quote(&"ä".repeat(SHOWN_MAX + 1));
        assert_eq!(cut.chars().count(), SHOWN_MAX + 3);
        assert!(cut.ends_with("…`"));
    }

    #[test]
    fn odd_parts_of_a_key_are_in_quotes() {
        assert_eq!(key_part("a-b_1"), "a-b_1");
        assert_eq!(key_part("a.b"), "\"a.b\"");
        assert_eq!(key_part(""), "\"\"");
    }
}
