//! Newline framing with a cap.
//!
//! A [`LineAssembler`] turns chunks as they arrive into whole lines. It does no input or output; it keeps
//! only what belongs to a line that is not complete yet, so an idle connection costs no buffer.

use memchr::memchr;
use remo_secret::Secret;

/// A line grew beyond its limit. The rest of the stream cannot be understood any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTooLong;

/// What one step of [`LineAssembler::next_line`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A whole line, without its newline; bytes of `input` up to and with that newline are consumed.
    Line(&'a [u8]),
    /// The input ended inside a line (or exactly between two); all of it is consumed.
    Incomplete,
}

/// Joins chunks into lines of at most `limit` bytes.
#[derive(Debug)]
pub struct LineAssembler {
    partial: Option<Box<Secret>>,
    complete: bool,
    limit: usize,
}

impl LineAssembler {
    /// An assembler for lines of at most `limit` bytes, newline not counted.
    pub fn new(limit: usize) -> Self {
        Self { partial: None, complete: false, limit }
    }

    /// Whether part of a line is held.
    pub fn has_partial(&self) -> bool {
        self.partial.is_some() && !self.complete
    }

    /// Takes the next line out of `input`, which is advanced past what was used.
    ///
    /// # Errors
    /// [`LineTooLong`] as soon as a line is longer than the limit, complete or not; what was held is wiped.
    pub fn next_line<'line, 'input: 'line>(
        &'line mut self,
        input: &mut &'input [u8],
    ) -> Result<Step<'line>, LineTooLong> {
        if self.complete {
            self.partial = None;
            self.complete = false;
        }
        let held = self.partial.as_ref().map_or(0, |partial| partial.len());
        match memchr(b'\n', input) {
            Some(end) if held + end > self.limit => Err(self.overflow()),
            Some(end) => {
                let (line, rest) = (&input[..end], &input[end + 1..]);
                *input = rest;
                match &mut self.partial {
                    None => Ok(Step::Line(line)),
                    Some(partial) => {
                        partial.append(line);
                        self.complete = true;
                        Ok(Step::Line(partial.expose()))
                    }
                }
            }
            None if held + input.len() > self.limit => Err(self.overflow()),
            None => {
                if !input.is_empty() {
                    self.partial.get_or_insert_with(|| Box::new(Secret::new(Vec::new()))).append(input);
                    *input = &[];
                }
                Ok(Step::Incomplete)
            }
        }
    }

    /// Wipes what is held.
    fn clear(&mut self) {
        self.partial = None;
        self.complete = false;
    }

    fn overflow(&mut self) -> LineTooLong {
        self.clear();
        LineTooLong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]], limit: usize) -> Result<Vec<Vec<u8>>, LineTooLong> {
        let mut assembler = LineAssembler::new(limit);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut input = *chunk;
            while let Step::Line(line) = assembler.next_line(&mut input)? {
                found.push(line.to_vec());
            }
        }
        Ok(found)
    }

    #[test]
    fn lines_come_out_whole_however_they_were_cut() {
        assert_eq!(lines(&[b"one\ntwo\n"], 8), Ok(vec![b"one".to_vec(), b"two".to_vec()]));
        assert_eq!(lines(&[b"o", b"ne\nt", b"wo", b"\n"], 8), Ok(vec![b"one".to_vec(), b"two".to_vec()]));
        assert_eq!(lines(&[b"\n\n"], 8), Ok(vec![vec![], vec![]]));
        assert_eq!(lines(&[b"open"], 8), Ok(vec![]));
    }

    #[test]
    fn the_limit_counts_the_line_without_its_newline() {
        assert_eq!(lines(&[b"12345678\n"], 8), Ok(vec![b"12345678".to_vec()]));
        assert_eq!(lines(&[b"123456789\n"], 8), Err(LineTooLong));
        assert_eq!(lines(&[b"1234", b"56789"], 8), Err(LineTooLong));
        assert_eq!(lines(&[b"12345678", b"\n"], 8), Ok(vec![b"12345678".to_vec()]));
    }

    #[test]
    fn nothing_is_held_between_lines() {
        let mut assembler = LineAssembler::new(8);
        let mut input: &[u8] = b"a";
        assert_eq!(assembler.next_line(&mut input), Ok(Step::Incomplete));
        assert!(assembler.has_partial());
        let mut input: &[u8] = b"b\n";
        assert_eq!(assembler.next_line(&mut input), Ok(Step::Line(b"ab")));
        assert!(!assembler.has_partial());
        let mut input: &[u8] = b"";
        assert_eq!(assembler.next_line(&mut input), Ok(Step::Incomplete));
        assert!(!assembler.has_partial());
    }
}
