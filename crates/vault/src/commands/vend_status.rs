//! `remo-vend-status`: how everything stands.

use std::num::NonZeroUsize;

use super::{json, overview, plural, without_broker};
use crate::cli::{AnswerArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::overview::{
    BrokerState, BrokerView, Depth, KeyTier, KeyView, Overview, PATIENCE, ProjectView, StoreView,
    WatcherState,
};
use crate::present::{Column, Table, ago, findings, width, wrapped};

pub(super) fn run(locations: &Locations, answer: AnswerArguments) -> Result<ExitStatus, Failure> {
    let overview = overview(locations, Depth::Full, PATIENCE);
    if answer.json {
        json(&overview)?;
    } else {
        output::data(text(&overview, width()).as_bytes())?;
    }
    let judged = if overview.is_well() { ExitStatus::Success } else { ExitStatus::Failure };
    Ok(without_broker(&overview.broker).unwrap_or(judged))
}

fn text(overview: &Overview, width: Option<NonZeroUsize>) -> String {
    let mut text = String::new();
    for (heading, lines) in [
        ("broker    ", broker(&overview.broker, overview)),
        ("watcher   ", vec![watcher(overview)]),
        ("store     ", vec![store(&overview.store, &overview.key)]),
        ("key       ", vec![tier(&overview.key).to_owned(), overview.key.sentence.clone()]),
    ] {
        for (index, line) in lines.iter().enumerate() {
            text += &wrapped(if index == 0 { heading } else { "          " }, line, width);
        }
    }
    if overview.broker.answers() {
        text += &projects(&overview.projects, width);
    }
    text.push('\n');
    text += &verdict(overview, width);
    text
}

fn broker(broker: &BrokerView, overview: &Overview) -> Vec<String> {
    if !broker.answers() {
        let state = match broker.state {
            BrokerState::Unreachable => "does not answer",
            BrokerState::OtherProtocol => "speaks another protocol",
            BrokerState::Answers | BrokerState::Refuses => "answers with an error",
        };
        return vec![format!("{state}: {}", broker.socket.display())];
    }
    let number = |number: Option<u64>| number.unwrap_or_default();
    let version = broker.version.as_deref().unwrap_or("?");
    let protocol = broker.protocol_version.unwrap_or_default();
    let up =
        jiff::SignedDuration::from_secs(i64::try_from(number(broker.uptime_seconds)).unwrap_or(i64::MAX));
    let count = number(broker.secret_count);
    let content = match broker.loaded_at {
        _ if broker.cleared == Some(true) => "cleared on purpose: it holds nothing".to_owned(),
        None => "nothing was pushed since it was started".to_owned(),
        Some(time) => format!(
            "{count} secret{}, loaded {}",
            plural(usize::try_from(count).unwrap_or_default()),
            ago(Some(time), overview.taken_at)
        ),
    };
    vec![
        format!(
            "answers: version {version}, protocol {protocol}, up {}",
            crate::login::duration_in_words(up)
        ),
        format!("{content}, generation {}", number(broker.generation)),
    ]
}

fn watcher(overview: &Overview) -> String {
    let (watcher, now) = (&overview.watcher, overview.taken_at);
    let state = match &watcher.problem {
        Some(silence) if watcher.state == WatcherState::Unresponsive => silence,
        _ => state_words(watcher.state),
    };
    // Of a clear that the watcher has not noticed yet nobody knows since when.
    let since = watcher.since.filter(|_| watcher.state != WatcherState::Cleared);
    let since = since.map(|since| format!(" (since {})", ago(Some(since), now))).unwrap_or_default();
    let push = match watcher.last_push_at {
        Some(time) => format!("; last push {}", ago(Some(time), now)),
        None => String::new(),
    };
    format!("{state}{since}{push}")
}

/// A state of the watcher in words.
pub(super) fn state_words(state: WatcherState) -> &'static str {
    match state {
        WatcherState::Starting => "starting",
        WatcherState::UpToDate => "up to date: the broker has what is stored",
        WatcherState::WaitingForBroker => "waiting for the broker",
        WatcherState::StoreUnreadable => "cannot read the store",
        WatcherState::Refused => "the broker does not take what it pushes",
        WatcherState::Cleared => "holding back: the broker was cleared on purpose",
        WatcherState::Unresponsive => "does not react",
        WatcherState::NotRunning => "not running",
        WatcherState::Unknown => "not known",
    }
}

fn store(store: &StoreView, key: &KeyView) -> String {
    let file = store.file.display();
    match (store.readable, store.entries) {
        (Some(true), Some(entries)) => {
            format!("{entries} entr{} in {file}", if entries == 1 { "y" } else { "ies" })
        }
        (Some(false), _) if key.is_missing => {
            format!("{file}, without its key {}", key.file.display())
        }
        (Some(false), _) => format!("cannot be read: {file}"),
        _ => format!("{file}"),
    }
}

/// A tier of the key in words.
pub(super) fn tier(key: &KeyView) -> &'static str {
    match key.tier {
        KeyTier::Tpm2 => "sealed by the TPM2 of this machine",
        KeyTier::HostKey => "sealed with the host key",
        KeyTier::Plaintext => "a plaintext file",
        KeyTier::Unknown => "protection not known",
    }
}

fn projects(projects: &[ProjectView], width: Option<NonZeroUsize>) -> String {
    if projects.is_empty() {
        return wrapped("projects  ", "none is registered yet", width);
    }
    let mut table = Table::new([
        Column::cut("PROJECT"),
        Column::whole("MANIFEST"),
        Column::whole("SECRETS"),
        Column::cut("REQUIRED, BUT MISSING"),
    ]);
    for project in projects {
        let approved =
            project.bindings.iter().filter(|check| check.approval != crate::overview::Approval::Pending);
        let missing: Vec<&str> = project
            .missing_required
            .iter()
            .chain(&project.unfit_required)
            .map(remo_wire::names::SecretName::as_str)
            .collect();
        table.row([
            project.name.to_string(),
            project.manifest.to_string(),
            if project.approved == Some(true) { approved.count().to_string() } else { "-".to_owned() },
            if missing.is_empty() { "-".to_owned() } else { missing.join(", ") },
        ]);
    }
    format!("\n{}", table.render(width))
}

fn verdict(overview: &Overview, width: Option<NonZeroUsize>) -> String {
    let (problems, notices) = (overview.problems().count(), overview.notices().count());
    let mut text = match problems {
        0 => "All is well.\n".to_owned(),
        1 => "1 problem:\n".to_owned(),
        count => format!("{count} problems:\n"),
    };
    text += &findings(overview.problems(), width);
    if notices > 0 {
        text += "To look at:\n";
        text += &findings(overview.notices(), width);
    }
    text
}
