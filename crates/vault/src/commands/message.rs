//! `remo-vault message`: what a person reads who opens a shell in the vault. Five lines: where one is, three of
//! state, and what to type next.

use std::time::Duration;

use super::{overview, plural};
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::output;
use crate::overview::{BrokerState, Depth, KeyTier, Overview, WatcherState};
use crate::present::{ago, width, wrapped};

/// All that the broker may take of the second that a shell waits at most.
const PATIENCE: Duration = Duration::from_millis(700);

/// Never fails: a shell that does not start because of its greeting helps nobody.
pub(super) fn run(locations: &Locations) -> ExitStatus {
    let overview = overview(locations, Depth::Quick, PATIENCE);
    let width = width();
    let mut text = wrapped("", &place(), width);
    for line in [broker(&overview), delivery(&overview), projects(&overview)] {
        text += &wrapped("  ", &line, width);
    }
    text += &wrapped("next: ", &next(&overview), width);
    // Whoever does not read it loses nothing.
    let _ = output::data(text.as_bytes());
    ExitStatus::Success
}

fn place() -> String {
    let given = std::env::var("REMO_INSTANCE").ok().filter(|name| !name.is_empty());
    let instance = given.or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    let instance = instance.as_deref().map_or("this instance", str::trim);
    format!("_remo-vault on {instance}: logins and the encrypted store. Projects see none of this.")
}

fn broker(overview: &Overview) -> String {
    let broker = &overview.broker;
    match broker.state {
        BrokerState::Answers => {}
        BrokerState::Unreachable => return format!("broker: does not answer at {}", broker.socket.display()),
        BrokerState::OtherProtocol | BrokerState::Refuses => {
            return format!("broker: {}", broker.problem.as_deref().unwrap_or("no answer"));
        }
    }
    if broker.cleared == Some(true) {
        return "broker: cleared on purpose; no project gets anything".to_owned();
    }
    let count = broker.secret_count.unwrap_or_default();
    let loaded = match broker.loaded_at {
        Some(time) => format!("loaded {}", ago(Some(time), overview.taken_at)),
        None => "nothing pushed yet".to_owned(),
    };
    format!("broker: {count} secret{}, {loaded}", plural(usize::try_from(count).unwrap_or_default()))
}

fn delivery(overview: &Overview) -> String {
    let watcher = match overview.watcher.state {
        WatcherState::Unresponsive => "does not react, so changes are not pushed",
        WatcherState::NotRunning => "not running, so changes are not pushed",
        state => super::vend_status::state_words(state),
    };
    let key = match overview.key.tier {
        KeyTier::Unknown => String::new(),
        _ => format!("; key: {}", super::vend_status::tier(&overview.key)),
    };
    format!("watcher: {watcher}{key}")
}

fn projects(overview: &Overview) -> String {
    if !overview.broker.answers() {
        return "projects: not known while the broker does not answer".to_owned();
    }
    let lacking = overview
        .projects
        .iter()
        .filter(|it| !it.missing_required.is_empty() || !it.unfit_required.is_empty());
    let waiting = overview.projects.iter().filter(|it| it.has_difference());
    let (total, lacking, waiting) = (overview.projects.len(), lacking.count(), waiting.count());
    let part =
        |count: usize, words: &str| if count > 0 { format!(", {count} {words}") } else { String::new() };
    format!(
        "projects: {total}{}{}",
        part(lacking, "without a secret that it requires"),
        part(waiting, "waiting for your approval")
    )
}

/// The command that mends the first problem, else the one that answers what waits, else the one that shows what is
/// there.
fn next(overview: &Overview) -> String {
    let waiting = overview.projects.iter().find(|it| it.has_difference());
    match (overview.problems().next(), waiting) {
        (Some(problem), _) => match &problem.command {
            Some(command) => format!("{command}   (everything: remo-vend-status)"),
            None => "remo-vend-status".to_owned(),
        },
        (None, Some(project)) => format!("remo-reload {}", project.name),
        (None, None) if overview.secrets.is_empty() => "remo-vault set NAME".to_owned(),
        (None, None) => "remo-list-creds".to_owned(),
    }
}
