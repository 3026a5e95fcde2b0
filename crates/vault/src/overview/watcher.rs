//! What is shown of the watcher.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remo_wire::names::SecretName;
use serde::Serialize;

use super::facts::Facts;
use super::whole_seconds;
use crate::watch::report::{Found, State};

/// Whether a watcher lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WatcherState {
    /// It has not come to a result yet.
    Starting,
    /// The broker has what the store holds.
    UpToDate,
    /// It waits for the broker.
    WaitingForBroker,
    /// It cannot read the store.
    StoreUnreadable,
    /// The broker does not take what it pushes.
    Refused,
    /// The broker was cleared on purpose, so it pushes nothing.
    Cleared,
    /// One lives, but does not react, so nothing is handed on.
    Unresponsive,
    /// No watcher lives.
    NotRunning,
    /// Whether one lives cannot be told.
    Unknown,
}

impl From<State> for WatcherState {
    fn from(state: State) -> Self {
        match state {
            State::Starting => Self::Starting,
            State::UpToDate => Self::UpToDate,
            State::WaitingForBroker => Self::WaitingForBroker,
            State::StoreUnreadable => Self::StoreUnreadable,
            State::Refused => Self::Refused,
            State::Cleared => Self::Cleared,
        }
    }
}

/// The watcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatcherView {
    /// Whether it lives, and how it is doing.
    pub state: WatcherState,
    /// Since when it is in this state.
    pub since: Option<Timestamp>,
    /// Its process number, while it lives.
    pub pid: Option<u32>,
    /// What is wrong, in one line.
    pub problem: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// When its last push was answered; also that of a watcher that has ended.
    pub last_push_at: Option<Timestamp>,
    /// The generation that its last push became.
    pub last_push_generation: Option<u64>,
    /// Entries of the store that it could not read, with the reason.
    pub faults: BTreeMap<SecretName, String>,
}

impl WatcherView {
    pub(super) fn new(facts: &Facts) -> Self {
        let (state, report) = match &facts.watcher {
            Ok(Found::Running(report)) => (report.state.into(), Some(report)),
            Ok(Found::Unresponsive { report, .. }) => (WatcherState::Unresponsive, Some(report)),
            Ok(Found::Stopped(report)) => (WatcherState::NotRunning, report.as_ref()),
            Err(_) => (WatcherState::Unknown, None),
        };
        let mut view = Self {
            state,
            since: None,
            pid: None,
            problem: None,
            hint: None,
            last_push_at: None,
            last_push_generation: None,
            faults: BTreeMap::new(),
        };
        if let Err(trouble) = &facts.watcher {
            view.problem = Some(trouble.problem.clone());
            view.hint.clone_from(&trouble.hint);
        }
        if let Some(report) = report {
            let push = report.last_push.as_ref();
            view.last_push_at = push.map(|push| whole_seconds(push.at));
            view.last_push_generation = push.map(|push| push.generation);
        }
        // How it was when a watcher died, or came to a stand, says nothing about now.
        if let Ok(Found::Unresponsive { report, silent_for }) = &facts.watcher {
            let pid = report.pid;
            view.pid = Some(pid);
            view.problem = Some(match silent_for {
                Some(time) => format!("does not react for {} s", time.as_secs()),
                None => "does not react".to_owned(),
            });
            view.hint = Some(format!(
                "let it go on: kill -CONT {pid}; or end it, which loses nothing, and have it started again: kill \
                 -KILL {pid}"
            ));
        }
        if let Ok(Found::Running(report)) = &facts.watcher {
            view.since = Some(whole_seconds(report.since));
            view.pid = Some(report.pid);
            view.problem.clone_from(&report.problem);
            view.hint.clone_from(&report.hint);
            view.faults.clone_from(&report.faults);
        }
        // It learns of a clear when it next talks to the broker.
        let cleared = facts.broker.as_ref().is_ok_and(|broker| broker.status.cleared);
        if cleared && view.state == WatcherState::UpToDate {
            view.state = WatcherState::Cleared;
            view.since = None;
        }
        view
    }

    /// Whether a watcher lives and does its work.
    pub fn is_running(&self) -> bool {
        !matches!(self.state, WatcherState::Unresponsive | WatcherState::NotRunning | WatcherState::Unknown)
    }
}
