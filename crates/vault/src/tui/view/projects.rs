//! Every registered project, its pin and what its manifest asks for beyond it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use remo_wire::admin::ManifestState;

use super::super::state::State;
use super::super::text::wrapped;
use super::palette::Palette;
use super::table::{self, Column, Row};
use crate::overview::{Approval, BindingCheck, Outcome, ProjectView};

/// Below this height the list has all the room.
const DETAIL_FROM: u16 = 12;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let projects = state.projects();
    if projects.is_empty() {
        frame.render_widget(Paragraph::new(nothing(state)), area);
        return;
    }
    let rows = u16::try_from(projects.len()).unwrap_or(u16::MAX).saturating_add(1);
    let room = if area.height >= DETAIL_FROM { rows.min(area.height / 2) } else { area.height };
    let [list, below] = Layout::vertical([Constraint::Length(room), Constraint::Min(0)]).areas(area);
    let longest = projects.iter().map(|project| project.name.as_str().len()).max().unwrap_or_default();
    let columns = [
        Column { heading: "PROJECT", width: longest.clamp(14, 28) },
        Column { heading: "MANIFEST", width: 10 },
        Column { heading: "DIFFERENCE", width: 10 },
        Column { heading: "SECRETS", width: 10 },
    ];
    let cursor = state.position().cursor(projects.len());
    table::draw(frame, list, palette, &columns, cursor, projects.len(), |index| {
        row(projects[index], palette)
    });
    if let Some(project) = state.selected_project() {
        draw_about(frame, below, project, palette);
    }
}

fn nothing(state: &State) -> &'static str {
    if !state.broker_answers() {
        "the projects are not known: the broker does not answer; see 4 Status"
    } else if state.position().filter().is_empty() {
        "no project is registered at the broker"
    } else {
        "no name contains the filter; Esc ends it"
    }
}

fn row(project: &ProjectView, palette: Palette) -> Row {
    let (sign, style) = match project.manifest {
        ManifestState::Pinned if project.passes() => (' ', Style::new()),
        ManifestState::Unapproved | ManifestState::Changed => ('*', palette.look()),
        _ => ('!', palette.bad()),
    };
    let difference = match (project.added.len(), project.removed.len()) {
        (0, 0) => "-".to_owned(),
        (added, removed) => format!("+{added} -{removed}"),
    };
    let injected = project.bindings.iter().filter(|it| it.outcome == Outcome::Injected).count();
    let secrets = format!("{injected} of {} ready", project.bindings.len());
    Row {
        sign,
        cells: vec![project.name.to_string(), project.manifest.to_string(), difference, secrets],
        style,
    }
}

fn draw_about(frame: &mut Frame<'_>, area: Rect, project: &ProjectView, palette: Palette) {
    let width = usize::from(area.width).saturating_sub(2);
    let mut lines = vec![Line::default()];
    for (text, style) in about(project, palette) {
        for (index, line) in wrapped(&text, width).into_iter().enumerate() {
            lines.push(Line::styled(if index == 0 { line } else { format!("  {line}") }, style));
        }
    }
    let height = usize::from(area.height);
    if lines.len() > height && height > 0 {
        lines.truncate(height - 1);
        lines.push(Line::styled("… more; a shows the whole difference", palette.look()));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Everything about one project, the most urgent first.
fn about(project: &ProjectView, palette: Palette) -> Vec<(String, Style)> {
    let mut lines = vec![(summary(project).to_owned(), palette.heading())];
    lines.extend(project.problems.iter().map(|problem| (format!("! {problem}"), palette.bad())));
    lines.extend(project.added.iter().map(|added| (format!("+ {added}"), palette.look())));
    lines.extend(project.removed.iter().map(|removed| (format!("- {removed}"), palette.look())));
    lines.extend(project.bindings.iter().map(|binding| about_binding(binding, palette)));
    lines
}

fn summary(project: &ProjectView) -> &'static str {
    match project.manifest {
        ManifestState::Unapproved => "nothing is approved yet; a shows what it asks for, and approves it",
        ManifestState::Pinned => "its manifest is what was approved",
        ManifestState::Changed => "its manifest asks for something else than was approved (a approves it):",
        ManifestState::Missing => "its manifest is gone; what was approved stays in force",
        ManifestState::Invalid => "its manifest cannot be used; what was approved stays in force",
    }
}

fn about_binding(binding: &BindingCheck, palette: Palette) -> (String, Style) {
    let state = match (binding.outcome, binding.approval) {
        (Outcome::Injected, Approval::Withdrawn) => "ready, until the manifest is approved",
        (Outcome::Injected, _) => "ready",
        (Outcome::NotApproved, _) => "not approved",
        (Outcome::Missing, _) if binding.required => "missing, and required",
        (Outcome::Missing, _) => "missing",
        (Outcome::Unfit, _) => "does not fit",
    };
    let style = if binding.fails() { palette.bad() } else { Style::new() };
    (format!("  {} in {}: {state}", binding.secret, binding.goes_to), style)
}
