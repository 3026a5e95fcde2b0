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

/// A character that says something would be here, for one that a terminal would obey.
fn harmless(character: char) -> char {
    let steers = matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}'
        | '\u{e0000}'..='\u{e0fff}');
    if character.is_control() || steers { char::REPLACEMENT_CHARACTER } else { character }
}
