//! The whole screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::age::span;
use super::super::state::{State, Tab};
use super::super::text::{columns, cut};
use super::palette::Palette;
use super::{audit, dialog, projects, secrets, status};

/// A picture that takes longer than this is worth a word, in seconds.
const SLOW: i64 = 2;

/// The keys, those that are needed to find the others first.
const KEYS: [&str; 9] =
    ["? help", "q quit", "s set", "d remove", "p push", "a approve", "/ filter", "r refresh", "1-4 tabs"];

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State, palette: Palette) {
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1), Constraint::Length(1)];
    let [top, middle, news, keys] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(tabs(state, palette, usize::from(top.width)), top);
    draw_tab(frame, middle, state, palette);
    let (text, style) = news_line(state, palette);
    frame.render_widget(Line::styled(cut(&text, usize::from(news.width)), style), news);
    frame.render_widget(Line::styled(key_line(usize::from(keys.width)), palette.quiet()), keys);
    dialog::draw(frame, state, palette);
}

fn draw_tab(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    if state.overview.is_none() && state.tab != Tab::Audit {
        frame.render_widget(Paragraph::new("asking the store and the broker…"), area);
        return;
    }
    match state.tab {
        Tab::Secrets => secrets::draw(frame, area, state, palette),
        Tab::Projects => projects::draw(frame, area, state, palette),
        Tab::Audit => audit::draw(frame, area, state, palette),
        Tab::Status => status::draw(frame, area, state, palette),
    }
}

fn tabs(state: &State, palette: Palette, width: usize) -> Line<'static> {
    let broker = status::broker_in_short(state);
    let style = if state.broker_answers() { palette.heading() } else { palette.bad() };
    let long: usize = Tab::ALL.iter().map(|tab| tab.title().len() + 4).sum();
    let words = long + columns(&broker) < width;
    let mut spans = Vec::new();
    let mut used = 0;
    for (index, tab) in Tab::ALL.into_iter().enumerate() {
        let open = tab == state.tab;
        let title =
            if words || open { format!("{} {}", index + 1, tab.title()) } else { (index + 1).to_string() };
        let title = if open { format!("[{title}]") } else { format!(" {title} ") };
        used += title.len();
        spans.push(Span::styled(title, if open { palette.chosen() } else { palette.heading() }));
    }
    let broker = cut(&broker, width.saturating_sub(used + 1));
    spans.push(" ".repeat(width.saturating_sub(used + columns(&broker))).into());
    spans.push(Span::styled(broker, style));
    Line::from(spans)
}

fn news_line(state: &State, palette: Palette) -> (String, ratatui::style::Style) {
    let filter = state.position().filter();
    if state.filtering {
        return (format!("filter: {filter}_  (Enter keeps it, Esc ends it)"), palette.heading());
    }
    if let Some(note) = &state.note {
        return (note.clone(), palette.heading());
    }
    if let Some(busy) = &state.busy {
        return (format!("{busy}…"), palette.look());
    }
    let waited = state.waiting_since.map_or(0, |since| state.now.as_second() - since.as_second());
    if waited > SLOW {
        return (format!("no answer for {}; what is shown is older", span(waited)), palette.look());
    }
    if !filter.is_empty() {
        return (format!("filter: {filter}  (Esc ends it)"), palette.heading());
    }
    status::in_short(state, palette)
}

fn key_line(width: usize) -> String {
    let mut line = String::new();
    for key in KEYS {
        let needed = key.len() + if line.is_empty() { 0 } else { 2 };
        if line.len() + needed > width {
            break;
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(key);
    }
    line
}
