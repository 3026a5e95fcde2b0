//! Text on the screen: made harmless, and cut to columns.
//!
//! A name in a manifest or a word in a log may hold anything. It goes through [`escaped`] first: what is left has one
//! column a character, so that nothing moves the cursor, turns the direction of writing or is wider than it counts.

use crate::shown::escaped;

/// The mark of a text that was cut.
const CUT: char = '…';

/// How many columns a text takes that was made harmless.
pub fn columns(text: &str) -> usize {
    text.chars().count()
}

/// `text`, made harmless and cut to `width` columns; `…` shows that something is missing.
pub fn cut(text: &str, width: usize) -> String {
    let safe = escaped(text);
    if columns(&safe) <= width {
        return safe.into_owned();
    }
    let mut kept: String = safe.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        kept.push(CUT);
    }
    kept
}

/// As [`cut`], filled with spaces to exactly `width` columns.
pub fn fit(text: &str, width: usize) -> String {
    let mut fitted = cut(text, width);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&fitted))));
    fitted
}

/// `text`, made harmless, as lines of at most `width` columns, broken between words where there is a place.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    // A new line does not begin with the space that it was broken at; a text may.
    let mut begins = true;
    for word in escaped(text).split(' ') {
        let needed = columns(&line) + usize::from(!begins) + columns(word);
        if needed <= width {
            if !begins {
                line.push(' ');
            }
            begins = false;
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if columns(&line) == width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
        begins = line.is_empty();
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_takes_more_columns_than_there_are() {
        assert_eq!(cut("deploy_key", 10), "deploy_key");
        assert_eq!(cut("deploy_key", 7), "deploy…");
        assert_eq!(cut("名前", 6), "\\u{54…");
        assert_eq!(cut("ab", 1), "…");
        assert_eq!(cut("ab", 0), "");
        assert_eq!(fit("ab", 4), "ab  ");
        for width in 0..20 {
            assert_eq!(columns(&fit("a名\u{202e}bé前\u{7}cd", width)), width);
        }
    }

    #[test]
    fn long_words_are_broken_and_short_ones_kept_together() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("  a  b", 9), ["  a  b"]);
        assert_eq!(wrapped("", 4), [""]);
        assert!(wrapped("a\u{202e}\u{1b}b 名", 5).iter().all(|line| columns(line) <= 5));
    }
}
