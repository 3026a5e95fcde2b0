//! From a line of a template to the place in the manifest.

use std::ops::Range;

/// Byte offset in `source` at which line `line` (from 1) of the TOML string at `span` begins.
///
/// A multi-line string may begin with a newline that is not part of it, may join lines with a backslash, and
/// may write newlines as escapes; all three are followed.
pub(crate) fn of_line(source: &str, span: Range<usize>, line: u32) -> usize {
    let start = span.start;
    let Some(literal) = source.get(span) else { return start };
    let bytes = literal.as_bytes();
    let multi_line = literal.starts_with("\"\"\"") || literal.starts_with("'''");
    let escapes = literal.starts_with('"');
    let mut at = if multi_line { 3 } else { 1 };
    if multi_line {
        at +=
            if literal[at..].starts_with("\r\n") { 2 } else { usize::from(literal[at..].starts_with('\n')) };
    }
    let mut current = 1;
    while current < line && at < bytes.len() {
        at += match bytes.get(at..) {
            Some([b'\\', b'n', ..]) if escapes => {
                current += 1;
                2
            }
            Some([b'\\', b'u', b'0', b'0', b'0', b'a' | b'A', ..]) if escapes => {
                current += 1;
                6
            }
            Some([b'\\', next, rest @ ..]) if escapes => {
                let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
                if blank(next) { 2 + rest.iter().take_while(|byte| blank(byte)).count() } else { 2 }
            }
            Some([b'\n', ..]) => {
                current += 1;
                1
            }
            _ => 1,
        };
    }
    start + at.min(bytes.len())
}
