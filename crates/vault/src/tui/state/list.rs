//! Where a list stands: its cursor and its filter.

use super::super::keys::Key;

/// The longest filter, in bytes.
pub(super) const FILTER_MAX: usize = 128;

/// Cursor and filter of one tab.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Position {
    /// Counted from the first row, or from the last one where a list grows at its end.
    cursor: usize,
    filter: String,
}

impl Position {
    /// What rows have to contain.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The row of the cursor in a list of `count` rows; counted from the end in one that grows there.
    pub fn cursor(&self, count: usize) -> usize {
        self.cursor.min(count.saturating_sub(1))
    }

    pub(super) fn set_filter(&mut self, filter: String) {
        if filter != self.filter {
            self.filter = filter;
            self.cursor = 0;
        }
    }

    pub(super) fn move_to(&mut self, row: usize) {
        self.cursor = row;
    }

    /// `fresh` rows came at the end. A cursor that is on the last row goes along, another one stays on its row.
    pub(super) fn grow_from_the_end(&mut self, fresh: usize) {
        if self.cursor > 0 {
            self.cursor = self.cursor.saturating_add(fresh);
        }
    }

    pub(super) fn scroll(&mut self, key: Key, count: usize, page: usize, from_the_end: bool) {
        let last = count.saturating_sub(1);
        let at = self.cursor(count);
        let (back, on) = (|by: usize| at.saturating_sub(by), |by: usize| (at + by).min(last));
        let (up, down): (&dyn Fn(usize) -> usize, &dyn Fn(usize) -> usize) =
            if from_the_end { (&on, &back) } else { (&back, &on) };
        self.cursor = match key {
            Key::Up | Key::Char('k') => up(1),
            Key::Down | Key::Char('j') => down(1),
            Key::PageUp => up(page),
            Key::PageDown | Key::Char(' ') => down(page),
            Key::Home | Key::Char('g') => up(count),
            Key::End | Key::Char('G') => down(count),
            _ => at,
        };
    }
}
