//! Every secret that the store or the broker has.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use remo_wire::names::FieldName;
use remo_wire::value::Kind;

use super::super::age::{ago, span};
use super::super::state::{State, Tab};
use super::super::text::wrapped;
use super::palette::Palette;
use super::table::{self, Column, Row};
use crate::overview::{InBroker, SecretView};

/// Rows of the text about the secret under the cursor, where there is room for it.
const DETAIL: u16 = 4;

/// Below this height the list has all the room.
const DETAIL_FROM: u16 = 14;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let detail = if area.height >= DETAIL_FROM { DETAIL } else { 0 };
    let [list, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(detail)]).areas(area);
    let secrets = state.secrets();
    if secrets.is_empty() {
        frame.render_widget(Paragraph::new(nothing(state)), area);
        return;
    }
    let longest = secrets.iter().map(|secret| secret.name.as_str().len()).max().unwrap_or_default();
    let columns = [
        Column { heading: "NAME", width: longest.clamp(12, 28) },
        Column { heading: "BROKER", width: 7 },
        Column { heading: "KIND", width: 6 },
        Column { heading: "CHANGED", width: 7 },
        Column { heading: "PUSHED", width: 7 },
        Column { heading: "REMARK", width: 10 },
    ];
    let cursor = state.position().cursor(secrets.len());
    table::draw(frame, list, palette, &columns, cursor, secrets.len(), |index| {
        row(state, secrets[index], palette)
    });
    if let (Some(secret), true) = (state.selected_secret(), detail > 0) {
        let width = usize::from(below.width);
        let lines = about(state, secret).into_iter().flat_map(|text| wrapped(&text, width));
        frame.render_widget(Paragraph::new(lines.map(Line::from).collect::<Vec<_>>()), below);
    }
}

fn nothing(state: &State) -> &'static str {
    debug_assert_eq!(state.tab, Tab::Secrets);
    if state.position().filter().is_empty() {
        "nothing is stored yet; press s to store a secret"
    } else {
        "no name contains the filter; Esc ends it"
    }
}

fn row(state: &State, secret: &SecretView, palette: Palette) -> Row {
    let (sign, style) = match secret.in_broker {
        _ if secret.fault.is_some() || secret.expired => ('!', palette.bad()),
        InBroker::Yes if secret.in_store != Some(false) => (' ', Style::new()),
        InBroker::Unknown => ('?', palette.look()),
        _ => ('!', palette.look()),
    };
    let cells = vec![
        secret.name.to_string(),
        in_broker(secret).to_owned(),
        secret.kind.map_or("-", kind).to_owned(),
        ago(state.now, secret.changed_at),
        ago(state.now, secret.pushed_at),
        remark(state, secret),
    ];
    Row { sign, cells, style }
}

fn in_broker(secret: &SecretView) -> &'static str {
    match secret.in_broker {
        InBroker::Yes => "yes",
        InBroker::Older => "older",
        InBroker::No => "no",
        InBroker::Unknown => "unknown",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "scalar",
        Kind::Bundle => "bundle",
    }
}

/// The most important thing to say about it, in a few words.
fn remark(state: &State, secret: &SecretView) -> String {
    if secret.fault.is_some() {
        return "cannot be read".to_owned();
    }
    if secret.expired {
        return "has expired".to_owned();
    }
    if secret.in_store == Some(false) {
        return "removed, still served".to_owned();
    }
    if let Some(end) = secret.expires_at {
        return format!("expires in {}", span(end.as_second() - state.now.as_second()));
    }
    fields(secret)
}

fn fields(secret: &SecretView) -> String {
    secret.fields.iter().map(FieldName::as_str).collect::<Vec<_>>().join(", ")
}

/// Everything about one secret, in words.
fn about(state: &State, secret: &SecretView) -> Vec<String> {
    let mut lines = vec![String::new()];
    let name = &secret.name;
    if let Some(fault) = &secret.fault {
        lines.push(format!("{name} cannot be read: {fault}"));
    }
    match (secret.in_store, secret.in_broker) {
        (Some(false), _) => {
            lines.push(format!("{name} is not in the store; the broker has it until the next push (p)"));
        }
        (_, InBroker::Yes) => lines.push(format!("{name}: the broker has the stored value")),
        (_, InBroker::Older) => {
            lines.push(format!("{name}: the broker has an older value; the watcher or p pushes"));
        }
        (_, InBroker::No) => {
            lines.push(format!("{name}: the broker does not have it; the watcher or p pushes"));
        }
        (_, InBroker::Unknown) => lines.push(format!("{name}: the broker does not say whether it has it")),
    }
    if !secret.fields.is_empty() {
        lines.push(format!("fields: {}", fields(secret)));
    }
    if let (Some(end), Some(login)) = (secret.expires_at, &secret.login) {
        let left = end.as_second() - state.now.as_second();
        let when =
            if secret.expired { "has expired".to_owned() } else { format!("expires in {}", span(left)) };
        lines.push(format!("{when}; renew it with: remo-login {login}"));
    }
    lines
}
