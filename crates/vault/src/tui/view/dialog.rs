//! What is open on top of a tab.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::super::state::{Dialog, NameEntry, Question, Stage, State, Trouble, ValueEntry};
use super::super::text::{columns, cut, wrapped};
use super::palette::Palette;
use crate::shown::escaped;

/// The widest a dialog gets, in columns.
const WIDTH_MAX: u16 = 76;

/// Rows that are no text: two of the frame, and the answers.
const AROUND: u16 = 3;

/// Columns that are no text.
const BESIDE: u16 = 2;

/// Columns and rows that a dialog has for its text, at most.
pub fn dialog_room(size: (u16, u16)) -> (usize, usize) {
    let width = size.0.min(WIDTH_MAX).saturating_sub(BESIDE);
    (usize::from(width), usize::from(size.1.saturating_sub(AROUND)))
}

struct Content {
    title: String,
    lines: Vec<String>,
    top: usize,
    answers: String,
    style: Style,
}

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, palette: Palette) {
    let Some(dialog) = &state.dialog else { return };
    let screen = frame.area();
    let (width, room) = dialog_room((screen.width, screen.height));
    let mut content = content(dialog, width, room, palette);
    if !state.armed {
        content.answers = String::new();
    }
    let shown = content.lines.len().min(room);
    let area = centred(screen, u16::try_from(shown).unwrap_or(u16::MAX));
    frame.render_widget(Clear, area);
    let title = cut(&format!(" {} ", content.title), width);
    let block = Block::bordered().title(title).border_style(content.style).title_style(palette.heading());
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let top = content.top.min(content.lines.len().saturating_sub(room));
    let mut lines: Vec<_> =
        content.lines.into_iter().skip(top).take(shown).map(|line| Line::from(cut(&line, width))).collect();
    lines.push(Line::styled(cut(&content.answers, width), palette.heading()));
    frame.render_widget(Paragraph::new(lines), inside);
}

fn centred(screen: Rect, text: u16) -> Rect {
    let width = screen.width.min(WIDTH_MAX);
    let height = text.saturating_add(AROUND).min(screen.height);
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}

fn content(dialog: &Dialog, width: usize, room: usize, palette: Palette) -> Content {
    match dialog {
        Dialog::Help { top } => {
            let lines = help_lines(width);
            let answers = if lines.len() > room { "j/k scroll · Esc close" } else { "Esc close" };
            plain("Keys", lines, *top, answers)
        }
        Dialog::Trouble(trouble) => {
            let lines = trouble_lines(trouble, width);
            let answers = if lines.len() > room { "j/k scroll · Enter close" } else { "Enter close" };
            Content { style: palette.bad(), ..plain("Not done", lines, trouble.top, answers) }
        }
        Dialog::Question(question) => Content { style: palette.look(), ..ask(question, width, room) },
        Dialog::Name(entry) => name(entry, width),
        Dialog::Value(entry) => value(entry, width),
    }
}

fn plain(title: &str, lines: Vec<String>, top: usize, answers: &str) -> Content {
    Content { title: title.to_owned(), lines, top, answers: answers.to_owned(), style: Style::new() }
}

fn ask(question: &Question, width: usize, room: usize) -> Content {
    let lines = question.lines(width);
    let below = lines.len().saturating_sub(question.top + room);
    let answers = match (question.seen, below) {
        (false, below) => format!("{below} lines below: j · n = leave [no]"),
        (true, 0) => format!("y = {} · n = leave [no]", question.yes),
        (true, below) => format!("y = {} · n = leave [no] · {below} below", question.yes),
    };
    plain(&question.title, lines, question.top, &answers)
}

fn name(entry: &NameEntry, width: usize) -> Content {
    let mut lines = wrapped("Store a secret. Its name: A-Z, a-z, 0-9 and _, like openai_api_key.", width);
    // The end of a long name is where one types.
    let room = width.saturating_sub(7);
    let text = escaped(&entry.text);
    let end: String = text.chars().skip(columns(&text).saturating_sub(room)).collect();
    lines.push(format!("name: {end}_"));
    lines.extend(entry.problem.iter().flat_map(|problem| wrapped(&format!("! {problem}"), width)));
    plain("Set", lines, 0, "Enter next · Esc leave")
}

fn value(entry: &ValueEntry, width: usize) -> Content {
    let words = match entry.stage {
        Stage::First => {
            "Type the value or paste it, several lines too. It is not shown. What is typed is asked for twice, a paste once."
        }
        Stage::Again => "The same once more.",
    };
    let mut lines = wrapped(words, width);
    lines.push(
        if entry.has_something() { "something is entered" } else { "nothing is entered yet" }.to_owned(),
    );
    lines.extend(entry.problem.iter().flat_map(|problem| wrapped(&format!("! {problem}"), width)));
    plain(&format!("Value of {}", entry.name), lines, 0, "Enter done · Ctrl-U start over · Esc leave")
}

/// The problem, then what to do.
pub fn trouble_lines(trouble: &Trouble, width: usize) -> Vec<String> {
    let mut lines = wrapped(&trouble.problem, width);
    if let Some(hint) = &trouble.hint {
        lines.extend(wrapped(&format!("hint: {hint}"), width));
    }
    lines
}

/// All keys, in words.
pub fn help_lines(width: usize) -> Vec<String> {
    HELP.iter().flat_map(|line| wrapped(line, width)).collect()
}

const HELP: [&str; 19] = [
    "1 2 3 4, Tab   Secrets, Projects, Audit, Status",
    "j k, arrows    up and down; PgUp PgDn, g G",
    "/              show only what contains a text; Esc ends it",
    "s              set a secret: its name, then its value, not shown",
    "d              remove the secret under the cursor; asks",
    "p              push the whole store to the broker now",
    "a              show what the project under the cursor asks for beyond what is approved, and approve that; asks",
    "r              look at everything anew",
    "q, Ctrl-C      leave; Ctrl-Z suspends",
    "",
    "Questions are answered with y; every other answer is no. A long question has to be read to its end first.",
    "",
    "Signs in front of a row: ! something is wrong, * something waits for you, ? not known.",
    "BROKER: yes, the stored value; older, a former value; no; unknown while the broker does not answer.",
    "A secret that was set is pushed by the watcher (remo-vault watch), or by p.",
    "",
    "A terminal sends line ends of a paste as the key Enter; they are stored as line feeds. To store a file exactly:",
    "remo-vault set NAME --keep-newline < FILE",
    "No value is ever shown here. To see one: remo-vault get NAME --reveal",
];
