//! Store, broker, watcher and logins joined by the name of a secret.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use remo_wire::admin::ListedSecret;
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;
use serde::Serialize;

use super::facts::{Facts, Stored};
use super::whole_seconds;
use crate::watch::report::{Found, Known, Report};

/// Whether the broker has a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InBroker {
    /// What is stored; of an entry that cannot be read, whatever it had before.
    Yes,
    /// Another value than is stored, or another kind of it.
    Older,
    /// No.
    No,
    /// The broker does not say whether it has it, or nobody vouches that it is what is stored.
    Unknown,
}

/// A secret without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretView {
    /// Its name.
    pub name: SecretName,
    /// Scalar or bundle; `None` when neither store nor broker can say.
    pub kind: Option<Kind>,
    /// Field names of a bundle, sorted.
    pub fields: BTreeSet<FieldName>,
    /// Whether the store has it; `None` when the store was not or could not be read.
    pub in_store: Option<bool>,
    /// When it was last changed.
    pub changed_at: Option<Timestamp>,
    /// When the value that the broker has was pushed.
    pub pushed_at: Option<Timestamp>,
    /// Whether the broker has it.
    pub in_broker: InBroker,
    /// Why the store's entry cannot be read; the broker keeps what it has.
    pub fault: Option<String>,
    /// When the credential ends, where a login knows.
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub expired: bool,
    /// The recipe of `remo-login` that brought it.
    pub login: Option<String>,
    /// What to type to get it anew, once it has ended or is about to.
    pub renew: Option<String>,
}

/// Every secret that the store or the broker has.
pub(super) fn join(facts: &Facts) -> Vec<SecretView> {
    let store = facts.store.as_ref().and_then(|store| store.as_ref().ok());
    let report = report(facts);
    let held: Option<BTreeMap<&SecretName, &ListedSecret>> = facts
        .broker
        .as_ref()
        .ok()
        .map(|broker| broker.secrets.iter().map(|secret| (&secret.name, secret)).collect());
    let mut names = BTreeSet::new();
    names.extend(store.iter().flat_map(|store| store.secrets.keys().chain(store.faults.keys())));
    names.extend(held.iter().flat_map(BTreeMap::keys));
    if store.is_none() {
        // What the watcher has seen in the store stands in for it.
        names.extend(report.iter().flat_map(|report| report.secrets.keys().chain(report.faults.keys())));
    }
    let view = |name: &SecretName| {
        let stored = store.and_then(|store| store.secrets.get(name));
        let listed = held.as_ref().and_then(|held| held.get(name).copied());
        let known = report.and_then(|report| report.secrets.get(name));
        let fault = match store {
            Some(store) => store.faults.get(name),
            None => report.and_then(|report| report.faults.get(name)),
        };
        let changed_at = stored.and_then(|stored| stored.changed_at).or(known.and_then(|it| it.changed_at));
        let pushed_at = listed.and_then(|_| pushed_at(facts, known));
        let login = facts.logins.iter().flatten().find(|login| login.name == *name);
        let expires_at = login.and_then(|login| login.expires_at);
        SecretView {
            name: name.clone(),
            kind: stored.map(|stored| stored.kind).or(listed.map(|listed| listed.kind)),
            fields: match (stored, listed) {
                (Some(stored), _) => stored.fields.clone(),
                (None, Some(listed)) => listed.fields.clone(),
                (None, None) => BTreeSet::new(),
            },
            in_store: store.map(|_| stored.is_some() || fault.is_some()),
            changed_at: changed_at.map(whole_seconds),
            pushed_at: pushed_at.map(whole_seconds),
            in_broker: match (&held, listed) {
                (None, _) => InBroker::Unknown,
                (Some(_), None) => InBroker::No,
                (Some(_), Some(_)) if fault.is_some() => InBroker::Yes,
                (Some(_), Some(listed)) => compared(facts, stored, listed, known),
            },
            fault: fault.cloned(),
            expires_at: expires_at.map(whole_seconds),
            expired: expires_at.is_some_and(|end| end <= facts.taken_at),
            login: login.map(|login| login.recipe.clone()),
            renew: login.and_then(|login| login.hint(facts.taken_at)),
        }
    };
    names.into_iter().map(view).collect()
}

/// How what the broker has of a secret stands to what is stored.
fn compared(
    facts: &Facts,
    stored: Option<&Stored>,
    listed: &ListedSecret,
    known: Option<&Known>,
) -> InBroker {
    let Some(pushed) = facts.vouched() else { return InBroker::Unknown };
    let Some(Ok(store)) = &facts.store else {
        // What the watcher has seen stands in for the store.
        let waits = known.is_some_and(|known| known.pushed_at.is_none());
        return if waits { InBroker::Older } else { InBroker::Yes };
    };
    // The broker has what the store has no more.
    let Some(stored) = stored else { return InBroker::Yes };
    if stored.kind != listed.kind || stored.fields != listed.fields {
        return InBroker::Older;
    }
    match pushed.contents.is_same(&listed.name, &store.contents) {
        Some(true) => InBroker::Yes,
        Some(false) => InBroker::Older,
        None => InBroker::Unknown,
    }
}

/// The watcher's report, of a living one or of the last one.
fn report(facts: &Facts) -> Option<&Report> {
    match facts.watcher.as_ref().ok()? {
        Found::Running(report) | Found::Unresponsive { report, .. } => Some(report),
        Found::Stopped(report) => report.as_ref(),
    }
}

/// When the value that the broker has was pushed: as the watcher has seen it, else when the snapshot was taken over,
/// whichever is later: somebody may have pushed by hand since.
fn pushed_at(facts: &Facts, known: Option<&Known>) -> Option<Timestamp> {
    let status = facts.broker.as_ref().ok().map(|broker| &broker.status);
    let loaded_at = status.and_then(|status| status.secrets_loaded_at.as_deref()?.parse::<Timestamp>().ok());
    match (loaded_at, known.and_then(|known| known.pushed_at)) {
        // The watcher's last push is what the broker has: it knows which values that changed.
        (Some(_), Some(seen)) if is_the_watchers(facts) => Some(seen),
        (loaded, seen) => loaded.max(seen),
    }
}

/// Whether the broker's snapshot is the watcher's last push.
fn is_the_watchers(facts: &Facts) -> bool {
    let generation = facts.broker.as_ref().ok().map(|broker| broker.status.generation);
    let last = report(facts).and_then(|report| report.last_push.as_ref());
    generation.is_some() && generation == last.map(|last| last.generation)
}
