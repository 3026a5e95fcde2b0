//! The state of every part, and what is to be done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::super::age::{ago, span};
use super::super::state::State;
use super::super::text::wrapped;
use super::palette::Palette;
use crate::overview::{BrokerState, KeyTier, Overview, WatcherState};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A heading.
    Heading,
    /// Plain text.
    Plain,
    /// Something wrong.
    Bad,
    /// Something to look at.
    Look,
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let lines = lines(state);
    let height = usize::from(area.height);
    let top = state.position().cursor(lines.len()).min(lines.len().saturating_sub(height));
    let shown = lines.into_iter().skip(top).take(height);
    let shown = shown.map(|(text, weight)| Line::styled(text, style(weight, palette)));
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
}

fn style(weight: Weight, palette: Palette) -> Style {
    match weight {
        Weight::Heading => palette.heading(),
        Weight::Plain => Style::new(),
        Weight::Bad => palette.bad(),
        Weight::Look => palette.look(),
    }
}

/// The lines of the tab, broken to the width of the screen.
pub fn lines(state: &State) -> Vec<(String, Weight)> {
    let Some(overview) = &state.overview else { return Vec::new() };
    let mut lines = Vec::new();
    let width = usize::from(state.size.0).saturating_sub(2);
    let mut add = |text: &str, weight| {
        for (index, line) in wrapped(text, width).into_iter().enumerate() {
            lines.push((if index == 0 { line } else { format!("  {line}") }, weight));
        }
    };
    for (text, weight) in parts(overview, state) {
        add(&text, weight);
    }
    add("", Weight::Plain);
    if overview.findings.is_empty() {
        add("All is well.", Weight::Heading);
    } else {
        add("What to do", Weight::Heading);
    }
    for finding in &overview.findings {
        let (sign, weight) = if finding.is_problem() { ('!', Weight::Bad) } else { ('*', Weight::Look) };
        add(&format!("{sign} {}", finding.message), weight);
        if let Some(remedy) = &finding.remedy {
            add(&format!("    {remedy}"), Weight::Plain);
        }
    }
    lines
}

fn parts(overview: &Overview, state: &State) -> Vec<(String, Weight)> {
    let broker = &overview.broker;
    let mut lines = vec![(format!("Broker   {}", broker_in_words(overview)), weight(broker.answers()))];
    if broker.answers() {
        lines.push((format!("         {}", snapshot_in_words(overview, state)), Weight::Plain));
    }
    lines.push((format!("         socket {}", broker.socket.display()), Weight::Plain));
    let watcher = &overview.watcher;
    lines.push((
        format!("Watcher  {}", watcher_in_words(overview, state)),
        weight(watcher.state == WatcherState::UpToDate),
    ));
    if let Some(problem) = &watcher.problem {
        lines.push((format!("         {problem}"), Weight::Bad));
    }
    let key = &overview.key;
    lines.push((
        format!("Key      {}; file {}", tier(key.tier), key.file.display()),
        weight(matches!(key.tier, KeyTier::Tpm2 | KeyTier::HostKey)),
    ));
    lines.push((format!("         {}", key.sentence), Weight::Plain));
    lines.push((
        format!("Store    {}", store_in_words(overview)),
        weight(overview.store.readable == Some(true)),
    ));
    lines.push((format!("         file {}", overview.store.file.display()), Weight::Plain));
    lines.push((format!("Projects {} registered", overview.projects.len()), Weight::Plain));
    lines
}

fn store_in_words(overview: &Overview) -> String {
    let store = &overview.store;
    match (store.readable, store.entries) {
        (Some(true), Some(1)) => "1 secret".to_owned(),
        (Some(true), count) => format!("{} secrets", count.unwrap_or_default()),
        (Some(false), _) => store.problem.clone().unwrap_or_else(|| "cannot be read".to_owned()),
        (None, _) => "not looked at".to_owned(),
    }
}

fn weight(good: bool) -> Weight {
    if good { Weight::Plain } else { Weight::Look }
}

fn tier(tier: KeyTier) -> &'static str {
    match tier {
        KeyTier::Tpm2 => "sealed by the TPM2",
        KeyTier::HostKey => "sealed with the host key",
        KeyTier::Plaintext => "in a plaintext file",
        KeyTier::Unknown => "not known how it is kept",
    }
}

fn broker_in_words(overview: &Overview) -> String {
    let broker = &overview.broker;
    if !broker.answers() {
        return broker.problem.clone().unwrap_or_else(|| "does not answer".to_owned());
    }
    let uptime = broker.uptime_seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or_default();
    format!(
        "answers: version {}, protocol {}, up {}",
        broker.version.as_deref().unwrap_or("?"),
        broker.protocol_version.unwrap_or_default(),
        span(uptime),
    )
}

fn snapshot_in_words(overview: &Overview, state: &State) -> String {
    let broker = &overview.broker;
    let (generation, count) =
        (broker.generation.unwrap_or_default(), broker.secret_count.unwrap_or_default());
    if broker.cleared == Some(true) {
        return format!("generation {generation}: cleared on purpose, vends nothing");
    }
    match broker.loaded_at {
        Some(at) => {
            format!("generation {generation}: {count} secrets, loaded {} ago", ago(state.now, Some(at)))
        }
        None => format!("generation {generation}: nothing was pushed yet"),
    }
}

fn watcher_in_words(overview: &Overview, state: &State) -> String {
    let watcher = &overview.watcher;
    let words = match watcher.state {
        WatcherState::Starting => "is starting",
        WatcherState::UpToDate => "runs; the broker has what the store holds",
        WatcherState::WaitingForBroker => "waits for the broker",
        WatcherState::StoreUnreadable => "cannot read the store",
        WatcherState::Refused => "runs, but the broker refuses what it pushes",
        WatcherState::Cleared => "runs, and pushes nothing: the broker was cleared",
        WatcherState::Unresponsive => "does not react; what helps is named among the problems",
        WatcherState::NotRunning => "does not run; start it with: remo-vault watch",
        WatcherState::Unknown => "not known whether it runs",
    };
    match watcher.last_push_at {
        Some(at) => format!("{words} (last push {} ago)", ago(state.now, Some(at))),
        None => words.to_owned(),
    }
}

/// The broker's state in a few words.
pub(super) fn broker_in_short(state: &State) -> String {
    let Some(overview) = &state.overview else { return "broker: asking".to_owned() };
    match (overview.broker.state, overview.broker.generation) {
        (BrokerState::Answers, _) if overview.broker.cleared == Some(true) => "broker: cleared".to_owned(),
        (BrokerState::Answers, Some(generation)) => format!("broker: generation {generation}"),
        (BrokerState::Answers, None) => "broker: answers".to_owned(),
        (BrokerState::Unreachable, _) => "broker: OUT OF REACH".to_owned(),
        (BrokerState::OtherProtocol, _) => "broker: OTHER PROTOCOL".to_owned(),
        (BrokerState::Refuses, _) => "broker: REFUSES".to_owned(),
    }
}

/// What matters most, on one line.
pub(super) fn in_short(state: &State, palette: Palette) -> (String, Style) {
    let Some(overview) = &state.overview else { return (String::new(), Style::new()) };
    let problems = overview.findings.iter().filter(|finding| finding.is_problem()).count();
    match (overview.findings.first(), problems) {
        (None, _) => ("all is well".to_owned(), palette.heading()),
        (Some(first), 0) => (format!("* {} (4 Status)", first.message), palette.look()),
        (Some(first), 1) => (format!("! {} (4 Status)", first.message), palette.bad()),
        (Some(first), count) => (format!("! {count} problems (4 Status): {}", first.message), palette.bad()),
    }
}
