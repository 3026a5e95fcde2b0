//! Rows in columns, as many of them as there is room for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::super::text::fit;
use super::palette::Palette;

/// A column: its heading, and the columns of the screen that it takes. The last one that fits takes the rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) width: usize,
}

/// A row: a sign of one column, a cell for each column, and how it looks.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) sign: char,
    pub(super) cells: Vec<String>,
    pub(super) style: Style,
}

/// Draws the heading and the rows around the one of the cursor.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    palette: Palette,
    columns: &[Column],
    cursor: usize,
    count: usize,
    row: impl Fn(usize) -> Row,
) {
    let width = usize::from(area.width);
    let height = usize::from(area.height).saturating_sub(1);
    let headings: Vec<_> = columns.iter().map(|column| column.heading.to_owned()).collect();
    let mut lines = vec![Line::styled(line("  ", columns, &headings, width), palette.heading())];
    for index in window(cursor, count, height) {
        let row = row(index);
        let chosen = index == cursor;
        let start = format!("{}{}", if chosen { '>' } else { ' ' }, row.sign);
        let style = if chosen { row.style.patch(palette.chosen()) } else { row.style };
        lines.push(Line::styled(line(&start, columns, &row.cells, width), style));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// The rows that are shown of `count`: those around the cursor.
pub(super) fn window(cursor: usize, count: usize, height: usize) -> std::ops::Range<usize> {
    let first = cursor.saturating_sub(height / 2).min(count.saturating_sub(height));
    first..count.min(first + height)
}

fn line(start: &str, columns: &[Column], cells: &[String], width: usize) -> String {
    let mut line: String = start.chars().take(width).collect();
    let mut left = width.saturating_sub(2);
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let next = columns.get(index + 1);
        let is_last = next.is_none_or(|next| left < column.width + next.width + 2);
        let takes = if is_last { left } else { column.width };
        line.push_str(&fit(cell, takes));
        if is_last {
            break;
        }
        line.push(' ');
        left -= takes + 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { heading: "NAME", width: 6 },
        Column { heading: "KIND", width: 6 },
        Column { heading: "REST", width: 4 },
    ];

    #[test]
    fn columns_without_room_are_left_out_and_the_last_takes_the_rest() {
        let cells = ["abcdefgh".to_owned(), "scalar".to_owned(), "x".to_owned()];
        assert_eq!(line("> ", &COLUMNS, &cells, 24), "> abcde… scalar x       ");
        assert_eq!(line("> ", &COLUMNS, &cells, 17), "> abcde… scalar  ");
        assert_eq!(line("> ", &COLUMNS, &cells, 9), "> abcdef…");
        assert_eq!(line("> ", &COLUMNS, &cells, 1), ">");
        assert_eq!(line("> ", &COLUMNS, &cells, 0), "");
    }

    #[test]
    fn the_cursor_is_always_in_the_window() {
        for count in 0..12 {
            for height in 0..8 {
                for cursor in 0..count {
                    let window = window(cursor, count, height);
                    assert!(window.len() <= height && window.end <= count);
                    assert!(height == 0 || window.contains(&cursor), "{cursor} {count} {height}");
                }
            }
        }
    }
}
