//! Columns that are aligned, and that fit a width.

use std::num::NonZeroUsize;

use crate::shown::escaped;

/// Between two columns.
const GAP: &str = "  ";

/// Shown in the place of what does not fit.
const CUT: char = '…';

/// No column becomes narrower than this, or than its heading.
const NARROWEST: usize = 6;

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    heading: &'static str,
    may_be_cut: bool,
}

impl Column {
    /// A column whose cells are always shown whole.
    pub const fn whole(heading: &'static str) -> Self {
        Self { heading, may_be_cut: false }
    }

    /// A column whose cells may be cut where the terminal is too narrow.
    pub const fn cut(heading: &'static str) -> Self {
        Self { heading, may_be_cut: true }
    }
}

/// A table of text. Cells are escaped, so each character takes one place.
#[derive(Debug, Clone)]
pub struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub fn new(columns: [Column; N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| escaped(&cell).into_owned()));
    }

    /// The lines, the heading first, each ended. Within `width` columns where the cells that may be cut allow it.
    pub fn render(&self, width: Option<NonZeroUsize>) -> String {
        let widths = self.widths(width);
        let headings = self.columns.map(|column| column.heading.to_owned());
        let mut text = String::new();
        for cells in std::iter::once(&headings).chain(&self.rows) {
            let fitted = cells.iter().zip(widths).map(|(cell, width)| fitted(cell, width));
            text.push_str(fitted.collect::<Vec<_>>().join(GAP).trim_end());
            text.push('\n');
        }
        text
    }

    /// Takes what is too much off the widest column that may be cut, one place at a time.
    fn widths(&self, width: Option<NonZeroUsize>) -> [usize; N] {
        let mut widths = self.columns.map(|column| length(column.heading));
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = length(cell).max(*width);
            }
        }
        let Some(limit) = width.map(NonZeroUsize::get) else { return widths };
        let gaps = GAP.len() * N.saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > limit {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(width, column)| {
                    column.may_be_cut && **width > NARROWEST.max(length(column.heading))
                })
                .max_by_key(|(width, _)| **width);
            match widest {
                Some((width, _)) => *width -= 1,
                None => break,
            }
        }
        widths
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// `cell` cut or filled to exactly `width` places.
fn fitted(cell: &str, width: usize) -> String {
    if length(cell) > width {
        cell.chars().take(width.saturating_sub(1)).chain([CUT]).collect()
    } else {
        format!("{cell:width$}")
    }
}

/// `text` in lines of at most `width` places that begin with `first` or, from the second on, with as many blanks. Cut
/// between words where there are some; never shortened. Escaped.
pub fn wrapped(first: &str, text: &str, width: Option<NonZeroUsize>) -> String {
    let text = escaped(text);
    let indent = " ".repeat(length(first));
    let room = width.map_or(usize::MAX, |width| width.get().saturating_sub(length(first)).max(NARROWEST));
    let mut lines = vec![];
    // `None` before the first word of a line: a word may be empty where several blanks follow each other.
    let mut line: Option<String> = None;
    for word in text.split(' ') {
        let mut word = word;
        if let Some(begun) = &mut line {
            if length(begun) + 1 + length(word) <= room {
                begun.push(' ');
                begun.push_str(word);
                continue;
            }
            lines.extend(line.take());
        }
        // What is longer than a whole line.
        while let Some((cut, _)) = word.char_indices().nth(room) {
            let (whole, rest) = word.split_at(cut);
            lines.push(whole.to_owned());
            word = rest;
        }
        line = Some(word.to_owned());
    }
    lines.extend(line);
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        out.push_str(if index == 0 { first } else { &indent });
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<3> {
        let mut table = Table::new([Column::whole("NAME"), Column::cut("FIELDS"), Column::whole("BROKER")]);
        table.row([
            "aws".to_owned(),
            "aws_access_key_id, aws_secret_access_key".to_owned(),
            "yes".to_owned(),
        ]);
        table.row(["gh\u{1b}[2J".to_owned(), "-".to_owned(), "no".to_owned()]);
        table
    }

    #[test]
    fn columns_are_aligned_and_nothing_is_cut_without_a_width() {
        assert_eq!(
            table().render(None),
            "NAME         FIELDS                                    BROKER\n\
             aws          aws_access_key_id, aws_secret_access_key  yes\n\
             gh\\u{1b}[2J  -                                         no\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_what_may_be_cut_and_keeps_names() {
        for width in [10, 40, 50, 80] {
            let text = table().render(NonZeroUsize::new(width));
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= width.max(29), "{width}\n{text}");
            assert!(text.contains("gh\\u{1b}[2J"));
        }
        assert!(table().render(NonZeroUsize::new(40)).contains("aws_access_key_id,…"));
    }

    #[test]
    fn long_text_is_wrapped_between_words_and_never_shortened() {
        let width = NonZeroUsize::new(16);
        assert_eq!(wrapped("- ", "one two three four", width), "- one two three\n  four\n");
        assert_eq!(wrapped("- ", "abcdefghijklmnopqrst uv", width), "- abcdefghijklmn\n  opqrst uv\n");
        assert_eq!(wrapped("- ", "a b\n", None), "- a b\\n\n");
        // Blanks of a path stay, but for the one that the end of a line stands for.
        assert_eq!(wrapped("", "  \"~/a   b\"", None), "  \"~/a   b\"\n");
        assert_eq!(wrapped("", "\"~/abc    de\"", NonZeroUsize::new(7)), "\"~/abc \n  de\"\n");
    }
}
