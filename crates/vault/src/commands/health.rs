//! `remo-vault health`: whether the vault does its work, in one line for each part that does not.

use std::time::Duration;

use super::overview;
use crate::cli::Locations;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::overview::{BrokerState, Depth, Overview, WatcherState};

/// All that the broker may take: less than what a health check is given.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(locations: &Locations) -> Result<ExitStatus, Failure> {
    // The store itself is read: what the watcher reports of it can be older.
    let ill = ill(&overview(locations, Depth::Full, PATIENCE));
    if ill.is_empty() {
        output::line("healthy: the watcher lives, the broker answers, the store can be read")?;
        return Ok(ExitStatus::Success);
    }
    for line in &ill {
        output::line(line)?;
    }
    Ok(ExitStatus::Failure)
}

/// What does not do its work. Without names of secrets: the engine keeps these lines.
fn ill(overview: &Overview) -> Vec<String> {
    let mut ill = Vec::new();
    match overview.broker.state {
        BrokerState::Answers => {}
        BrokerState::Unreachable => ill.push("broker: does not answer".to_owned()),
        BrokerState::OtherProtocol => ill.push("broker: speaks another protocol".to_owned()),
        BrokerState::Refuses => ill.push("broker: answers with an error".to_owned()),
    }
    match overview.watcher.state {
        // A broker that was cleared on purpose is what somebody wanted.
        WatcherState::UpToDate | WatcherState::Cleared => {}
        state => ill.push(format!("watcher: {}", super::vend_status::state_words(state))),
    }
    if overview.store.readable != Some(true) {
        let key = if overview.key.is_missing { ", its key is missing" } else { "" };
        ill.push(format!("store: cannot be read{key}"));
    }
    ill
}
