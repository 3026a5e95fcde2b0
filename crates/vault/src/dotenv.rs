//! Reads `.env` files without expanding anything.
//!
//! Written here because the libraries for this format replace `$NAME` in values by variables of the process
//! (`dotenvy` 0.15 does, and cannot be told not to). For an import of secrets that is wrong twice: a password
//! with a dollar sign would be changed silently, and the environment would leak into the store.
//!
//! The format: `NAME=value` lines, optionally after `export`; blank lines and `#` comments; values bare (up
//! to the end of the line or to a blank and `#`), in single quotes (as they are) or in double quotes (with
//! the escapes `\n`, `\r`, `\t`, `\"`, `\\`, `\$`, `` \` ``; any other backslash stays). Quoted values may
//! have several lines. Errors name lines, never content.
//!
//! A value of several lines without quotes (a private key that was pasted in) is refused as far as it can be told:
//! read line by line, its pieces would become names and values of their own, and names are shown.

use std::collections::BTreeMap;
use std::fmt;

use remo_secret::Secret;

/// One assignment of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name, as written.
    pub name: String,
    /// The value.
    pub value: Secret,
    /// The line that it begins on, from 1.
    pub line: usize,
    /// Whether other readers of this format would have replaced a `$NAME` in it.
    pub has_reference: bool,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvError {
    line: usize,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    NotText,
    NoEquals,
    NoName,
    BlankInName,
    OpenQuote,
    BehindQuote,
    /// First line of the same name.
    Repeated(usize),
    OpenPem,
    PieceOfValue,
}

impl fmt::Display for DotenvError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        match &self.problem {
            Problem::NotText => formatter.write_str("not UTF-8"),
            Problem::NoEquals => formatter.write_str("neither NAME=value nor a # comment"),
            Problem::NoName => formatter.write_str("no name before the ="),
            Problem::BlankInName => formatter.write_str("a blank inside the name before the ="),
            Problem::OpenQuote => formatter.write_str("the quote that opens here is never closed"),
            Problem::BehindQuote => formatter.write_str("text behind the closing quote"),
            Problem::Repeated(first) => {
                write!(formatter, "this name is set for the second time (first on line {first})")
            }
            Problem::OpenPem => formatter.write_str(
                "a key or certificate of several lines begins here without quotes; put all its lines in \
                 double quotes",
            ),
            Problem::PieceOfValue => formatter.write_str(
                "this looks like a piece of a value of several lines, not like NAME=value; put the whole value \
                 in double quotes",
            ),
        }
    }
}

impl std::error::Error for DotenvError {}

/// Parses a whole file, in its order. A name that is set twice is an error: which value is meant is not ours
/// to guess.
pub fn parse(content: &Secret) -> Result<Vec<Assignment>, DotenvError> {
    let bytes = content.expose();
    let text = std::str::from_utf8(bytes).map_err(|error| DotenvError {
        line: bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count(),
        problem: Problem::NotText,
    })?;
    let mut cursor = Cursor { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let mut assignments = Vec::new();
    let mut lines = BTreeMap::new();
    while let Some(assignment) = cursor.assignment()? {
        if let Some(first) = lines.insert(assignment.name.clone(), assignment.line) {
            let problem = Problem::Repeated(first);
            return Err(DotenvError { line: assignment.line, problem });
        }
        assignments.push(assignment);
    }
    Ok(assignments)
}

struct Cursor<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Cursor<'a> {
    fn assignment(&mut self) -> Result<Option<Assignment>, DotenvError> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let statement = line.trim();
            if statement.is_empty() || statement.starts_with('#') {
                self.rest = rest;
                self.line += 1;
                continue;
            }
            return self.statement(line).map(Some);
        }
    }

    /// Reads the assignment that begins on `line`, the first line of what is left.
    fn statement(&mut self, line: &'a str) -> Result<Assignment, DotenvError> {
        let begin = self.line;
        let fault = |problem| DotenvError { line: begin, problem };
        let equals = line.find('=').ok_or(fault(Problem::NoEquals))?;
        let name = line[..equals].trim();
        let name = match name.strip_prefix("export") {
            Some(exported) if exported.starts_with([' ', '\t']) => exported.trim_start(),
            _ => name,
        };
        if name.is_empty() {
            return Err(fault(Problem::NoName));
        }
        if name.contains(char::is_whitespace) {
            return Err(fault(Problem::BlankInName));
        }
        self.rest = self.rest[equals + 1..].trim_start_matches([' ', '\t']);
        let (value, expands) = match self.rest.chars().next() {
            Some('\'') => (self.single_quoted()?, false),
            Some('"') => self.double_quoted()?,
            _ => {
                let value = self.bare();
                if let Some(problem) = torn(name, value.expose()) {
                    return Err(fault(problem));
                }
                (value, true)
            }
        };
        let has_reference = expands && has_reference(value.expose());
        Ok(Assignment { name: name.to_owned(), value, line: begin, has_reference })
    }

    fn bare(&mut self) -> Secret {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let comment = line
            .char_indices()
            .find(|(at, character)| *character == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])))
            .map_or(line.len(), |(at, _)| at);
        let value = Secret::new(line[..comment].trim().as_bytes().to_vec());
        self.skip_line(line.len());
        value
    }

    fn single_quoted(&mut self) -> Result<Secret, DotenvError> {
        let body = &self.rest[1..];
        let end = body.find('\'').ok_or(DotenvError { line: self.line, problem: Problem::OpenQuote })?;
        self.close(end + 2)?;
        Ok(Secret::new(body.as_bytes()[..end].to_vec()))
    }

    fn double_quoted(&mut self) -> Result<(Secret, bool), DotenvError> {
        let body = &self.rest[1..];
        // Never longer than the text between the quotes, so the buffer never moves.
        let mut value = Secret::new(Vec::with_capacity(body.len()));
        let mut expands = false;
        let mut characters = body.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.close(at + 2)?;
                    return Ok((value.duplicate(), expands));
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => value.append(b"\n"),
                    Some('r') => value.append(b"\r"),
                    Some('t') => value.append(b"\t"),
                    Some(escaped @ ('"' | '\\' | '$' | '`')) => append(&mut value, escaped),
                    Some(other) => {
                        value.append(b"\\");
                        append(&mut value, other);
                    }
                    None => break,
                },
                _ => {
                    expands |= character == '$';
                    append(&mut value, character);
                }
            }
        }
        Err(DotenvError { line: self.line, problem: Problem::OpenQuote })
    }

    /// Moves behind a quoted value of `length` bytes, quotes included, and the rest of its last line.
    fn close(&mut self, length: usize) -> Result<(), DotenvError> {
        let (quoted, behind) = self.rest.split_at(length);
        self.line += quoted.matches('\n').count();
        self.rest = behind;
        let line = behind.split('\n').next().unwrap_or_default();
        let trailing = line.trim();
        if !trailing.is_empty() && !trailing.starts_with('#') {
            return Err(DotenvError { line: self.line, problem: Problem::BehindQuote });
        }
        self.skip_line(line.len());
        Ok(())
    }

    fn skip_line(&mut self, length: usize) {
        self.rest = self.rest.get(length + 1..).unwrap_or_default();
        self.line += 1;
    }
}

/// Whether `name=value`, without quotes, is rather the beginning or a piece of a value of several lines.
fn torn(name: &str, value: &[u8]) -> Option<Problem> {
    /// From here on a name is long. The last line of an encoding is a name with nothing behind its `=`; people
    /// write `NAME=` for variables that they set elsewhere, and such names are short or have a `_` in them.
    const LONG_NAME: usize = 16;
    if value.starts_with(b"-----BEGIN") && !value.windows(8).any(|window| window == b"-----END") {
        return Some(Problem::OpenPem);
    }
    let any = |kind: fn(&u8) -> bool| name.as_bytes().iter().any(kind);
    let mixed = any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_digit);
    let like_base64 = name.len() >= LONG_NAME && (mixed || !name.contains('_'));
    let padding = !value.is_empty() && value.iter().all(|byte| *byte == b'=');
    (padding || (value.is_empty() && like_base64)).then_some(Problem::PieceOfValue)
}

fn append(value: &mut Secret, character: char) {
    value.append(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether `$NAME` or `${` occurs.
fn has_reference(value: &[u8]) -> bool {
    value
        .windows(2)
        .any(|pair| pair[0] == b'$' && (pair[1].is_ascii_alphabetic() || pair[1] == b'_' || pair[1] == b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse(&Secret::from_text(text.to_owned()))
            .unwrap()
            .into_iter()
            .map(|it| (it.name, it.value.expose_text().unwrap().to_owned()))
            .collect()
    }

    fn refused(text: &str) -> String {
        parse(&Secret::from_text(text.to_owned())).unwrap_err().to_string()
    }

    fn pair(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn bare_values_end_at_a_comment_or_the_line() {
        assert_eq!(parsed("A=b"), pair("A", "b"));
        assert_eq!(parsed("  A = b c \r\n"), pair("A", "b c"));
        assert_eq!(parsed("A=b # c"), pair("A", "b"));
        assert_eq!(parsed("A=b#c"), pair("A", "b#c"));
        assert_eq!(parsed("A=#c"), pair("A", ""));
        assert_eq!(parsed("A="), pair("A", ""));
        assert_eq!(parsed("A=b=c=="), pair("A", "b=c=="));
        assert_eq!(parsed(r"A=C:\new\x"), pair("A", r"C:\new\x"));
    }

    #[test]
    fn comments_blank_lines_export_and_a_byte_order_mark_are_passed_over() {
        assert_eq!(parsed("\u{feff}# c\n\n \t\nexport A=b\n#D=e"), pair("A", "b"));
        assert_eq!(parsed("exported=b"), pair("exported", "b"));
        assert_eq!(parsed("export\tA=b"), pair("A", "b"));
        assert_eq!(parsed(""), vec![]);
    }

    #[test]
    fn quotes_keep_blanks_comments_and_lines() {
        assert_eq!(parsed("A=' b # \\n \"c\" '"), pair("A", " b # \\n \"c\" "));
        assert_eq!(parsed("A=\" b # \\\"c\\\" \" # comment\n"), pair("A", " b # \"c\" "));
        assert_eq!(parsed("A=\"b\nc\n\"\nD=e"), [pair("A", "b\nc\n"), pair("D", "e")].concat());
        assert_eq!(parsed("A='b\nc'"), pair("A", "b\nc"));
        assert_eq!(parsed(r#"A="\n\r\t\\\$\`\"\d""#), pair("A", "\n\r\t\\$`\"\\d"));
        assert_eq!(parsed("A=\"ä€\""), pair("A", "ä€"));
    }

    #[test]
    fn nothing_is_expanded() {
        for text in ["A=$HOME", "A=\"$HOME\"", "A='$HOME'"] {
            assert_eq!(parsed(text), pair("A", "$HOME"), "{text}");
        }
        let references = |text: &str| parse(&Secret::from_text(text.into())).unwrap()[0].has_reference;
        assert!(references("A=x$HOME") && references("A=\"${B}\""));
        assert!(!references("A='$HOME'") && !references("A=pa$$1") && !references("A=\"\\$HOME\""));
    }

    #[test]
    fn values_of_several_lines_without_quotes_are_refused() {
        let begin = "line 1: a key or certificate of several lines begins here without quotes";
        assert!(refused("KEY=-----BEGIN PRIVATE KEY-----\ntrip/wire+=\n").starts_with(begin));
        assert!(refused("KEY=-----BEGIN PRIVATE KEY-----\r\nx").starts_with(begin));
        let piece = "line 2: this looks like a piece of a value of several lines";
        for last in
            ["tripwire==", "AB== ", "trip/wire+secretBBBB=", "tripwireTripwire1=", "trip_Wire_tripwir1="]
        {
            assert!(refused(&format!("A=b\n{last}\n")).starts_with(piece), "{last}");
        }
        // What people write all the same.
        assert_eq!(parsed("A=-----BEGIN X-----\\n-----END X-----").len(), 1);
        assert_eq!(parsed("KEY=\"-----BEGIN X-----\nAB==\n-----END X-----\"").len(), 1);
        assert_eq!(parsed("TOKEN=\nOPENAI_API_KEY_OF_THE_TEAM=\nsome_lower_case_name_2=").len(), 3);
        assert_eq!(parsed("SECRETACCESSKEYOFTHETEAM=YWJj==").len(), 1);
    }

    #[test]
    fn errors_name_the_line_and_no_content() {
        assert_eq!(refused("A=b\ntripwire"), "line 2: neither NAME=value nor a # comment");
        assert_eq!(refused("=tripwire"), "line 1: no name before the =");
        assert_eq!(refused("trip wire=x"), "line 1: a blank inside the name before the =");
        assert_eq!(refused("A=\"a\nb\"\nB='tripwire\n"), "line 3: the quote that opens here is never closed");
        assert_eq!(refused("A=\"trip\\"), "line 1: the quote that opens here is never closed");
        assert_eq!(refused("A=\"a\nb\"tripwire"), "line 2: text behind the closing quote");
        assert_eq!(
            refused("A=1\nB=2\nA=3"),
            "line 3: this name is set for the second time (first on line 1)"
        );
        let bytes = parse(&Secret::new(b"A=b\nB=\xff".to_vec())).unwrap_err().to_string();
        assert_eq!(bytes, "line 2: not UTF-8");
    }
}
