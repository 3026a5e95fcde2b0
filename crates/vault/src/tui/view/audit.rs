//! The audit stream, the newest record at the bottom.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::super::state::State;
use super::super::text::{cut, wrapped};
use super::palette::Palette;
use super::table::{self, Column, Row};
use crate::tui::audit::Record;

/// Below this height the list has all the room.
const DETAIL_FROM: u16 = 14;

/// The most rows for the record under the cursor.
const DETAIL_MAX: usize = 4;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let width = usize::from(area.width);
    let mut above = Vec::new();
    if let Some((problem, hint)) = state.audit.problem() {
        above.extend(
            wrapped(&format!("! {problem}"), width).into_iter().map(|it| Line::styled(it, palette.bad())),
        );
        above.extend(wrapped(&format!("  {hint}"), width).into_iter().map(Line::from));
    }
    let records = state.records();
    let back = state.position().cursor(records.len());
    above.push(Line::styled(cut(&counts(state, records.len(), back), width), palette.quiet()));
    let cursor = records.len().saturating_sub(1 + back);
    let below: Vec<_> = match records.get(cursor) {
        Some(record) if area.height >= DETAIL_FROM => about(record, width),
        _ => Vec::new(),
    };
    let rows = |lines: &[Line<'_>]| Constraint::Length(u16::try_from(lines.len()).unwrap_or(u16::MAX));
    let [head, list, detail] = Layout::vertical([rows(&above), Constraint::Min(0), rows(&below)]).areas(area);
    frame.render_widget(Paragraph::new(above), head);
    frame.render_widget(Paragraph::new(below), detail);
    let columns = [
        Column { heading: "UTC", width: 8 },
        Column { heading: "EVENT", width: 18 },
        Column { heading: "PROJECT", width: 14 },
        Column { heading: "DETAILS", width: 20 },
    ];
    table::draw(frame, list, palette, &columns, cursor, records.len(), |index| row(records[index], palette));
}

/// The whole record under the cursor.
fn about(record: &Record, width: usize) -> Vec<Line<'static>> {
    let text = format!("{} {} {} {}", record.timestamp, record.event, record.project, record.details);
    let lines = wrapped(&text, width).into_iter().take(DETAIL_MAX);
    std::iter::once(String::new()).chain(lines).map(Line::from).collect()
}

fn counts(state: &State, shown: usize, back: usize) -> String {
    let words = match (shown, back) {
        (0, _) => "no records".to_owned(),
        (_, 0) => format!("{shown} records, live"),
        (_, back) => format!("{shown} records, {back} back from the newest (G goes there)"),
    };
    let words = match state.audit.gaps() {
        0 => words,
        1 => format!("{words}, 1 gap (some may be missing)"),
        count => format!("{words}, {count} gaps (some may be missing)"),
    };
    match state.audit.unreadable() {
        0 => words,
        1 => format!("{words}, 1 line was no record"),
        count => format!("{words}, {count} lines were no records"),
    }
}

fn row(record: &Record, palette: Palette) -> Row {
    let (sign, style) = if record.alarming { ('!', palette.bad()) } else { (' ', Style::new()) };
    let cells = vec![
        // The day is in the lines below; the time alone stands behind the T.
        record.timestamp.split('T').next_back().unwrap_or_default().chars().take(8).collect(),
        record.event.clone(),
        record.project.clone(),
        record.details.clone(),
    ];
    Row { sign, cells, style }
}
