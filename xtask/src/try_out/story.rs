//! How the story looks: numbered chapters, what is typed, what came back, what was checked.
//!
//! At most [`WIDTH`] columns, whatever the output of a program is; everything that was left out or wrapped is
//! visible as such. Without colour it says the same.

use std::io::{self, Write};
use std::path::Path;

use super::ending::Stop;
use crate::failure::Failure;

/// Columns. Fits half a wide screen and a page of a browser.
pub(super) const WIDTH: usize = 100;

const TYPED_INDENT: usize = 2;
const OUTPUT_INDENT: usize = 4;
/// Deeper than the line that is continued.
const CONTINUED: usize = 4;

/// A way to show a piece of text.
#[derive(Debug, Clone, Copy)]
enum Style {
    Heading,
    Prompt,
    Output,
    Good,
    Quiet,
}

impl Style {
    /// The number of an ANSI colour or weight (ECMA-48, SGR).
    fn code(self) -> &'static str {
        match self {
            Self::Heading => "1",
            Self::Prompt => "1;36",
            Self::Output => "0",
            Self::Good => "32",
            Self::Quiet => "2",
        }
    }
}

/// Writes the story.
pub(super) struct Story {
    to: Box<dyn Write>,
    colour: bool,
    chapter: usize,
    /// The private directory, shown as `$TRY`.
    root: String,
}

impl Story {
    /// A story that is written to `to`.
    pub(super) fn new(to: Box<dyn Write>, colour: bool, root: &Path) -> Self {
        Self { to, colour, chapter: 0, root: root.display().to_string() }
    }

    /// The first line.
    pub(super) fn title(&mut self, text: &str) -> Result<(), Stop> {
        let text = self.paint(Style::Heading, text);
        self.line(&text)
    }

    /// Begins a chapter: what happens, and why it matters.
    pub(super) fn chapter(&mut self, title: &str, prose: &str) -> Result<(), Stop> {
        self.chapter += 1;
        let heading = self.paint(Style::Heading, &format!("{}. {title}", self.chapter));
        self.line("")?;
        self.line(&heading)?;
        self.prose(prose)?;
        self.line("")
    }

    /// Where the story is, for messages.
    pub(super) fn place(&self) -> String {
        if self.chapter == 0 { "the opening".to_owned() } else { format!("chapter {}", self.chapter) }
    }

    /// Sentences.
    pub(super) fn prose(&mut self, text: &str) -> Result<(), Stop> {
        self.wrapped(text, 0, 0, Style::Output)
    }

    /// A name and what it stands for.
    pub(super) fn legend(&mut self, name: &str, meaning: &str) -> Result<(), Stop> {
        const NAME: usize = 9;
        let lines = wrap(meaning, WIDTH - TYPED_INDENT - NAME, WIDTH - TYPED_INDENT - NAME);
        for (index, line) in lines.iter().enumerate() {
            let name = if index == 0 { format!("{name:<NAME$}") } else { " ".repeat(NAME) };
            let name = self.paint(Style::Prompt, &name);
            self.line(&format!("{:TYPED_INDENT$}{name}{line}", ""))?;
        }
        Ok(())
    }

    /// A command or request, as it was typed.
    pub(super) fn typed(&mut self, prompt: &str, text: &str) -> Result<(), Stop> {
        let text = self.shortened(text);
        let first = WIDTH - TYPED_INDENT - prompt.len() - 1;
        for (index, line) in wrap(&text, first, WIDTH - TYPED_INDENT - CONTINUED).iter().enumerate() {
            let begin = match index {
                0 => format!("{:TYPED_INDENT$}{} ", "", self.paint(Style::Prompt, prompt)),
                _ => " ".repeat(TYPED_INDENT + CONTINUED),
            };
            self.line(&format!("{begin}{line}"))?;
        }
        Ok(())
    }

    /// A remark on what is typed, such as what went into a prompt.
    pub(super) fn aside(&mut self, text: &str) -> Result<(), Stop> {
        self.wrapped(text, OUTPUT_INDENT, OUTPUT_INDENT, Style::Quiet)
    }

    /// What a program wrote, line by line.
    pub(super) fn output(&mut self, text: &str) -> Result<(), Stop> {
        let text = self.shortened(text);
        for line in text.lines() {
            // What is indented stays so, its continuation too; half of the width is left for the words.
            let words = line.trim_start();
            let indent = OUTPUT_INDENT + (line.chars().count() - words.chars().count()).min(WIDTH / 2);
            self.wrapped(words, indent, indent + CONTINUED, Style::Output)?;
        }
        Ok(())
    }

    /// A line to be copied: neither shortened nor wrapped.
    pub(super) fn verbatim(&mut self, text: &str) -> Result<(), Stop> {
        self.line(&format!("{:OUTPUT_INDENT$}{text}", ""))
    }

    /// What was checked, and held.
    pub(super) fn checked(&mut self, text: &str) -> Result<(), Stop> {
        let begin = self.paint(Style::Good, "ok:");
        for (index, line) in wrap(text, WIDTH - 6, WIDTH - 6).iter().enumerate() {
            let begin = if index == 0 { begin.as_str() } else { "   " };
            self.line(&format!("{:TYPED_INDENT$}{begin} {line}", ""))?;
        }
        Ok(())
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> Result<(), Stop> {
        self.line("")
    }

    fn wrapped(&mut self, text: &str, indent: usize, continued: usize, style: Style) -> Result<(), Stop> {
        for (index, line) in wrap(text, WIDTH - indent, WIDTH - continued).iter().enumerate() {
            let indent = if index == 0 { indent } else { continued };
            let line = self.paint(style, line);
            self.line(&format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    fn shortened(&self, text: &str) -> String {
        text.replace(&self.root, "$TRY")
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && style.code() != Style::Output.code() {
            format!("\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    fn line(&mut self, line: &str) -> Result<(), Stop> {
        let written = writeln!(self.to, "{}", line.trim_end()).and_then(|()| self.to.flush());
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ReaderGone,
            _ => Failure::because("cannot write the story")(error).into(),
        })
    }
}

/// Breaks `text` into lines of at most `first` and `next` columns: behind a blank or a comma, else anywhere.
/// Blanks that separate columns of a table stay.
fn wrap(text: &str, first: usize, next: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    let mut width = first;
    while rest.len() > width {
        // Only what is longer than most of a line is worth a broken word.
        let breaks = |at: &usize| matches!(rest[at - 1], ' ' | ',');
        let at = (width.div_ceil(4)..=width).rev().find(breaks).unwrap_or(width);
        let tail = rest.split_off(at);
        lines.push(rest.iter().collect::<String>().trim_end().to_owned());
        rest = tail;
        width = next;
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_behind_blanks_and_commas_and_lose_nothing() {
        assert_eq!(wrap("short", 10, 10), ["short"]);
        assert_eq!(wrap("one two three four", 10, 8), ["one two", "three", "four"]);
        assert_eq!(wrap(r#"{"a":1,"b":2}"#, 8, 8), [r#"{"a":1,"#, r#""b":2}"#]);
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
        assert_eq!(wrap("äöüäöü", 4, 4), ["äöüä", "öü"]);
        assert_eq!(wrap("", 4, 4), [""]);
    }

    #[test]
    fn colour_is_left_out_where_it_is_not_wanted() {
        let style =
            |colour| Story::new(Box::new(io::sink()), colour, Path::new("/r")).paint(Style::Good, "x");
        assert_eq!(style(false), "x");
        assert_eq!(style(true), "\x1b[32mx\x1b[0m");
    }

    #[test]
    fn the_private_directory_is_shown_as_a_variable() {
        let story = Story::new(Box::new(io::sink()), false, Path::new("/dev/shm/remo-try.x"));
        assert_eq!(story.shortened("cat /dev/shm/remo-try.x/run"), "cat $TRY/run");
    }
}
